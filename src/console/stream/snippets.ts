/** One way to get at a stream from a program. */
export interface Snippet {
  name: string;
  text: string;
}

/** How a program listens to a stream; `token` says whether one is needed here. */
export function snippets(
  origin: string,
  id: string,
  { token }: { token: boolean },
): Snippet[] {
  const path = `/api/v1/streams/${encodeURIComponent(id)}`;
  const places: Places = {
    origin,
    path,
    events: `${origin}${path}/events?types=result`,
    token,
  };
  const header = token ? '-H "Authorization: Bearer $WEIR_TOKEN" ' : "";
  return [
    { name: "curl", text: `curl -N ${header}"${places.events}"\n` },
    { name: "JavaScript", text: javascript(places) },
    { name: "Python", text: python(places) },
    {
      name: "Picture",
      text: `curl ${header}-o frame.jpg "${origin}${path}/frame.jpg?overlay=1"\n`,
    },
  ];
}

interface Places {
  origin: string;
  path: string;
  events: string;
  token: boolean;
}

function javascript({ origin, path, events, token }: Places): string {
  const listen = `events.onmessage = ({ data }) => {
  const event = JSON.parse(data);
  if (event.type === "result") console.log(event.seq, event.ageMs, event.outputs);
};
`;
  if (!token) return `const events = new EventSource("${events}");\n${listen}`;
  return `// An EventSource cannot send a token: it comes with a ticket, which is good for half a minute.
const answer = await fetch("${origin}/api/v1/tickets", {
  method: "POST",
  headers: { authorization: \`Bearer \${token}\`, "content-type": "application/json" },
  body: JSON.stringify({ path: "${path}/events" }),
});
const { ticket } = await answer.json();
const events = new EventSource(\`${events}&ticket=\${ticket}\`);
${listen}`;
}

function python({ events, token }: Places): string {
  const headers = token ? `, headers={"Authorization": f"Bearer {token}"}` : "";
  return `import json
import urllib.request

request = urllib.request.Request("${events}"${headers})
for line in urllib.request.urlopen(request):
    if line.startswith(b"data:"):
        event = json.loads(line[5:])
        if event["type"] == "result":
            print(event["seq"], event["ageMs"], event["outputs"])
`;
}
