// The WebSocket to the studio: sends requests, and hands on answers; the studio works on the newest request alone.

export class Connection {
  constructor(handlers) {
    this.handlers = handlers;
    this.newest = 0;
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(`ws://${location.host}/live`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.handlers.open();
    this.socket.onclose = () => this.handlers.closed();
    this.socket.onmessage = ({ data }) => this.hear(typeof data === "string" ? JSON.parse(data) : parsed(data));
  }

  // Send a request; answers to older ones are not handed on any more.
  run(request) {
    this.newest += 1;
    this.send({ ...request, id: this.newest });
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  // Of results that overtake each other only the newer one counts, but those of a drag are shown as they come.
  hear(message) {
    this.handlers[message.type]?.(message, message.id === this.newest);
  }
}

// Read a picture: the length of a JSON object, the object, and the pixels.
export function parsed(data) {
  const length = new DataView(data).getUint32(0, true);
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  const [width, height] = about.shown;
  return { ...about, image: new ImageData(new Uint8ClampedArray(data, 4 + length), width, height) };
}
