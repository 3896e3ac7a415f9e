// Before npm start and npm run bench: installs what is missing. These replace the shell by node, so that signals reach it.
import { ensureInstalled } from "./installed.mjs"

ensureInstalled()
