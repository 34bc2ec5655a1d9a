import { render } from "preact";
import { followPage } from "./api/live.ts";
import { followAddress } from "./router.ts";
import { Shell } from "./shell/shell.tsx";
import { followKeys } from "./shell/shortcuts.tsx";
import { followIdentity } from "./state/identity.ts";
import { followTime } from "./state/now.ts";
import { followStreams } from "./state/streams.ts";
import { followTheme } from "./state/theme.ts";

// All of these last as long as the page.
followTheme();
followAddress();
followTime();
followPage();
followIdentity();
followKeys();
followStreams();
render(<Shell />, document.getElementById("console")!);
