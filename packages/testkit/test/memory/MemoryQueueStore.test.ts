import { queueStoreContract } from "@id-connector/testkit/contract/QueueStoreContract"
import * as MemoryQueueStore from "@id-connector/testkit/memory/MemoryQueueStore"

queueStoreContract("memory", MemoryQueueStore.layer)
