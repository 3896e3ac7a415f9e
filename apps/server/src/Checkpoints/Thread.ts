/** The thread that copies SQLite's write-ahead log into the database. It is started with the database's file. */
import { serve } from "../AnsweringThread/Answering.js"
import * as LogFile from "./LogFile.js"

serve((databaseFile) => LogFile.make(databaseFile))
