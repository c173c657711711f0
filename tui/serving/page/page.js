// Before textual.js starts, at the window's "load": where its websocket is.
document.getElementById("terminal").dataset.sessionWebsocketUrl = new URL("ws", document.baseURI).href.replace(
  /^http/,
  "ws",
);
document.getElementById("again").addEventListener("click", () => location.reload());
// Keys go to the inspector without a click. textual.js makes its terminal at "load" as well.
addEventListener("load", () => setTimeout(() => document.querySelector(".xterm-helper-textarea").focus()));
