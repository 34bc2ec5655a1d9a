import assert from "node:assert/strict";
import { take } from "rxjs";
import { Outlet } from "./outlet.ts";

Deno.test("what came before the first subscriber is held up to a bound, the oldest leave and are counted", () => {
  const outlet = new Outlet<number>(3);
  for (let n = 1; n <= 5; n++) outlet.emit(n);
  const first: number[] = [];
  const second: number[] = [];
  outlet.events$.subscribe((n) => first.push(n));
  outlet.events$.subscribe((n) => second.push(n));
  outlet.emit(6);
  assert.deepEqual([first, second, outlet.dropped], [[3, 4, 5, 6], [6], 2]);
});

Deno.test("an event that is emitted while the held ones are delivered comes after them", () => {
  const outlet = new Outlet<number>();
  outlet.emit(1);
  outlet.emit(2);
  const seen: number[] = [];
  outlet.events$.subscribe((n) => {
    seen.push(n);
    if (n === 1) outlet.emit(3);
  });
  assert.deepEqual(seen, [1, 2, 3]);
});

Deno.test("whoever subscribes after the end still gets what was held, then the end", () => {
  const outlet = new Outlet<number>();
  outlet.emit(1);
  outlet.close();
  outlet.emit(2);
  const seen: unknown[] = [];
  outlet.events$.subscribe({ next: (n) => seen.push(n), complete: () => seen.push("end") });
  assert.deepEqual(seen, [1, "end"]);
});

Deno.test("whoever has had enough in the middle of the held events gets no more", () => {
  const outlet = new Outlet<number>();
  outlet.emit(1);
  outlet.emit(2);
  const seen: number[] = [];
  outlet.events$.pipe(take(1)).subscribe((n) => seen.push(n));
  outlet.emit(3);
  assert.deepEqual(seen, [1]);
});
