// Two clients of a PouchDB server: `node pouchdb-client.cjs URL FOLDER DOCUMENTS` does what a line on stdin names and says how long
// it took. `push` sends new documents from the first client, `pull` fetches them to the second.
const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");
const PouchDB = require("pouchdb");

const [url, folder, documents] = process.argv.slice(2);
const bodies = JSON.parse(fs.readFileSync(documents, "utf8"));
const [first, second] = ["first", "second"].map((name) => new PouchDB(path.join(folder, name)));
const remote = new PouchDB(`${url}/shop`);
// As many at once as a till sends.
const options = { batch_size: 200 };
let round = 0;

async function timed(work) {
  const began = process.hrtime.bigint();
  const done = await work();
  const us = Number((process.hrtime.bigint() - began) / 1000n);
  if (!done.ok || done.docs_written !== bodies.length) {
    throw new Error(`${done.docs_written} of ${bodies.length} documents came over`);
  }
  return { us: [us], count: done.docs_written };
}

async function answer(line) {
  if (line === "push") {
    round += 1;
    const docs = bodies.map((body, n) => ({ _id: `${round}-${String(n).padStart(8, "0")}`, body }));
    await first.bulkDocs(docs);
    return timed(() => first.replicate.to(remote, options));
  }
  if (line === "pull") {
    return timed(() => second.replicate.from(remote, options));
  }
  throw new Error(`no such round: ${line}`);
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(line)));
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
