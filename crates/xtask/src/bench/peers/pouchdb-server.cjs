// A CouchDB of PouchDB's own: `node pouchdb-server.cjs FOLDER` says its address once it listens.
const path = require("node:path");
const express = require("express");
const PouchDB = require("pouchdb").defaults({ prefix: process.argv[2] + path.sep });
const app = express();
app.use("/", require("express-pouchdb")(PouchDB, { mode: "minimumForPouchDB", inMemoryConfig: true }));
const server = app.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
// It ends with whoever started it.
process.stdin.resume().on("end", () => process.exit(0));
