// The panel beside a ticket. Where there is no room for it, it lies over the thread when it is asked for.

import { h, Scope } from "../core/dom.js";
import { icon } from "../core/icons.js";

export class SidePanel {
  #scope = new Scope();

  /** `ticket` is the element that says whether the panel is open. */
  constructor(ticket, content) {
    this.ticket = ticket;
    this.close = h("button.icon-button.side-close", { type: "button", "aria-label": "Close details", onclick: () => this.#show(false) }, icon("close"));
    this.element = h("aside.side", { "aria-label": "Details" }, this.close, content);
    this.toggle = h("button.icon-button.side-toggle", {
      type: "button", "aria-label": "Details", "aria-expanded": "false", onclick: () => this.#show(!this.#isOpen),
    }, icon("info"));
  }

  /** It begins below the head, which is as high as the names in it are long. */
  start(head) {
    const observer = new ResizeObserver(() => this.ticket.style.setProperty("--head", `${head.offsetHeight}px`));
    observer.observe(head);
    this.#scope.add(() => observer.disconnect());
    this.#scope.listen(document, "pointerdown", ({ target }) => this.#isElsewhere(target) && this.#show(false));
    this.#scope.listen(document, "keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && this.#isOpen && !document.querySelector("dialog[open]")) this.#show(false);
    });
  }

  end() {
    this.#scope.end();
  }

  get #isOpen() {
    return this.ticket.classList.contains("side-open");
  }

  /** Menus of the panel lie beside it. */
  #isElsewhere(target) {
    return this.#isOpen && !this.element.contains(target) && !this.toggle.contains(target) && !target.closest(".popover, dialog, .snackbars");
  }

  #show(open) {
    const focused = this.element.contains(document.activeElement);
    this.ticket.classList.toggle("side-open", open);
    this.toggle.setAttribute("aria-expanded", String(open));
    if (open) this.close.focus();
    else if (focused) this.toggle.focus();
  }
}
