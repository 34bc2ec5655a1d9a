import { Component, createElement, type FunctionComponent } from "preact";

/** A component that is rendered anew only when its properties differ by a rule of its own. */
export function memo<P extends object>(
  Inner: FunctionComponent<P>,
  same: (before: P, after: P) => boolean,
): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      return !same(this.props as P, next);
    }
    override render() {
      return createElement(Inner, this.props as P);
    }
  }
  return Memo as unknown as FunctionComponent<P>;
}
