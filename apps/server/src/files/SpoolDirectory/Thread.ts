/** The thread that works with the files of the in queue. It is started with the directory. */
import { serve } from "../../process/WorkerThreadServer.js"
import * as SpoolFiles from "./SpoolFiles.js"

serve((directory) => SpoolFiles.make(directory), SpoolFiles.transferred)
