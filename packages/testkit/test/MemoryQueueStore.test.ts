import * as MemoryQueueStore from "@id-connector/testkit/MemoryQueueStore"
import { queueStoreContract } from "@id-connector/testkit/QueueStoreContract"

queueStoreContract("memory", MemoryQueueStore.layer)
