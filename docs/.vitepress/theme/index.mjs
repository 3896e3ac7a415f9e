// The theme as it is, without its fonts: those of the reader's machine do, and nothing has to be fetched for them.
import theme from "vitepress/theme-without-fonts"
import "./style.css"

export default theme
