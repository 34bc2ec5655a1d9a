"""Sends pictures to Weir as a webcam would and prints what the model sees. pip install websockets, then
python webcam.py "ws://localhost:8080/api/v1/ingest/me?create=weir-pitch" [folder of JPEG files]"""
import asyncio, itertools, json, pathlib, struct, sys, time, zlib
import websockets

def test_picture(width=320, height=240):
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((x * 255 // width, y * 255 // height, 80)[c] for x in range(width) for c in range(3)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")

async def main(url, folder=None):
    files = sorted(pathlib.Path(folder).glob("*.jp*g")) if folder else []
    pictures = itertools.cycle([file.read_bytes() for file in files] or [test_picture()])
    async with websockets.connect(url) as socket:
        async for message in socket:
            event = json.loads(message)
            print(message if event["type"] != "result" else f'{event["seq"]} {event["ageMs"]} ms {event["outputs"]}', flush=True)
            for _ in range(event.get("credits", 0)):  # the server asks for so many more pictures
                await socket.send(json.dumps({"capturedAt": time.time() * 1000}))
                await socket.send(next(pictures))
                await asyncio.sleep(0.04)

asyncio.run(main(*sys.argv[1:]))
