"""Anki's own sync server and two clients of it: `python anki-peer.py FOLDER DOCUMENTS` does what a line on stdin names and says
how long it took. `push` sends new notes from the first client, `pull` fetches them to the second."""

import json
import os
import re
import subprocess
import sys
import time

from anki.collection import AddNoteRequest, Collection
from anki.decks import DeckId

USER, PASSWORD = "shop", "only good for a measurement"
folder, documents = sys.argv[1:]
with open(documents, encoding="utf-8") as file:
    bodies = json.load(file)


def serve():
    """Starts the server on a port that is free; gives the process and its address."""
    env = {
        **os.environ,
        "SYNC_USER1": f"{USER}:{PASSWORD}",
        "SYNC_BASE": os.path.join(folder, "server"),
        "SYNC_HOST": "127.0.0.1",
        "SYNC_PORT": "0",
        "NO_COLOR": "1",
        "RUST_LOG": "anki=info",
    }
    program = [sys.executable, "-m", "anki.syncserver"]
    server = subprocess.Popen(
        program, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = ""
    for line in server.stdout:
        said += line
        found = re.search(r"listening.*?(127\.0\.0\.1:\d+)", re.sub(r"\x1b\[\d*m", "", line))
        if found:
            # It logs each request; a pipe that nobody empties would stop it.
            subprocess.Popen(["cat"], stdin=server.stdout, stdout=subprocess.DEVNULL)
            return server, f"http://{found[1]}/"
    raise RuntimeError(f"the server did not start: {said}")


def client(name, auth_of, upload):
    """A client whose collection is the server's."""
    collection = Collection(os.path.join(folder, f"{name}.anki2"))
    auth = auth_of(collection)
    collection.sync_collection(auth, sync_media=False)
    collection.close_for_full_sync()
    collection.full_upload_or_download(auth=auth, server_usn=None, upload=upload)
    collection.reopen(after_full_sync=True)
    return collection, auth


def timed(collection, auth, expected):
    """Syncs, and says how long it took for how many documents."""
    began = time.perf_counter()
    done = collection.sync_collection(auth, sync_media=False)
    took = time.perf_counter() - began
    there = collection.note_count()
    if done.required != done.NO_CHANGES or there != expected:
        raise RuntimeError(f"{there} of {expected} notes, the sync said {done}")
    return {"us": [int(took * 1e6)], "count": len(bodies)}


def rounds(url):
    """Answers each line on stdin with a round."""

    def login(collection):
        return collection.sync_login(USER, PASSWORD, url)

    first, first_auth = client("first", login, True)
    second, second_auth = client("second", login, False)
    kind = first.models.by_name("Basic")
    pushed = 0
    for line in sys.stdin:
        what = line.strip()
        if what == "push":
            requests = []
            for body in bodies:
                note = first.new_note(kind)
                note["Front"] = body if isinstance(body, str) else json.dumps(body)
                requests.append(AddNoteRequest(note=note, deck_id=DeckId(1)))
            first.add_notes(requests)
            pushed += len(bodies)
            sample = timed(first, first_auth, pushed)
        elif what == "pull":
            sample = timed(second, second_auth, pushed)
        else:
            raise RuntimeError(f"no such round: {what}")
        print(json.dumps(sample), flush=True)


server, address = serve()
try:
    rounds(address)
finally:
    server.terminate()
