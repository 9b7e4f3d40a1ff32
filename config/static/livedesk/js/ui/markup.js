// The only place where HTML becomes elements: messages, which the server has sanitised. Rebuilt from an allow-list all the
// same, so that a fault there is no script here.

const TAGS = new Set(
  "a blockquote br code em h1 h2 h3 h4 h5 h6 hr li ol p pre s strong table tbody td th thead tr ul mark".split(" "),
);
const SAFE_LINK = /^(https?:|mailto:)/i;

/** A fragment of what is allowed in `html`; the text of everything else. */
export function safeFragment(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const fragment = document.createDocumentFragment();
  copyChildren(parsed.body, fragment);
  return fragment;
}

function copyChildren(from, to) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.textContent);
    else if (node.nodeType === Node.ELEMENT_NODE) copyElement(node, to);
  }
}

function copyElement(element, to) {
  const tag = element.localName;
  if (["script", "style", "template", "noscript"].includes(tag)) return;
  if (!TAGS.has(tag)) return copyChildren(element, to);
  const copy = document.createElement(tag);
  if (tag === "a") copyLink(element, copy);
  copyChildren(element, copy);
  to.append(copy);
}

function copyLink(element, copy) {
  const href = element.getAttribute("href") ?? "";
  if (!SAFE_LINK.test(href)) return;
  copy.href = href;
  copy.target = "_blank";
  copy.rel = "noopener noreferrer nofollow";
}
