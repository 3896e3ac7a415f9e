/** The thread that copies SQLite's write-ahead log into the database. It is started with the database's file. */
import { serve } from "../../process/WorkerThreadServer.js"
import * as WriteAheadLog from "./WriteAheadLog.js"

serve((databaseFile) => WriteAheadLog.make(databaseFile))
