"""Clients that ask for events and then read nothing: deaf_clients.py PORT PATH COUNT. They go when standard input ends."""

import socket
import sys

port, path, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
clients = []
for _ in range(count):
    client = socket.socket()
    # The system would take megabytes in on their behalf, and nobody would notice that they do not read.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(("127.0.0.1", port))
    client.sendall(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
    clients.append(client)
print("ready", flush=True)
sys.stdin.read()
