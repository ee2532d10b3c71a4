// Receive deliveries of justcall-hooks: WEBHOOK_SECRET=whsec_… node receiver.mjs [PORT]
//
// Nothing to install. Behind your own web framework, keep `verified` and give it the raw body.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

// Return whether the stack that has this secret sent the body, in the last five minutes.
function verified(headers, body, secret) {
  const id = headers["webhook-id"] ?? "", sentAt = headers["webhook-timestamp"] ?? "";
  if (!/^\d+$/.test(sentAt) || Math.abs(Date.now() / 1000 - Number(sentAt)) > 300) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const digest = createHmac("sha256", key).update(`${id}.${sentAt}.`).update(body).digest("base64");
  const expected = Buffer.from(`v1,${digest}`);
  return (headers["webhook-signature"] ?? "").split(" ").map((one) => Buffer.from(one)) // two while a secret rotates
    .some((one) => one.length === expected.length && timingSafeEqual(one, expected));
}

// Answer within 15 seconds, or the delivery comes again. Store first, work later.
const server = createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const body = Buffer.concat(pieces);
    if (!verified(request.headers, body, process.env.WEBHOOK_SECRET)) {
      response.writeHead(401).end();
      return;
    }
    const event = JSON.parse(body);
    // A delivery may come twice, with the same webhook-id. For calls: keep the highest revision.
    console.log(request.headers["webhook-id"], event.type, event.id);
    response.writeHead(204).end();
  });
});

server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
