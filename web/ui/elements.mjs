/**
 * Create elements. Text always becomes text nodes, never HTML: prompts and host responses are
 * untrusted.
 */

/**
 * Create an element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties] `onclick` and the like become listeners; names with a
 *   dash, `role` and `for` become attributes; the rest become properties
 * @param {...(Node | string | null | undefined)} children null and undefined are left out
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) created.addEventListener(name.slice(2), value);
    else if (isAttribute(name)) created.setAttribute(name, value);
    else /** @type {any} */ (created)[name] = value;
  }
  for (const child of children) if (child !== null && child !== undefined) created.append(child);
  return created;
}

/** @param {string} name */
function isAttribute(name) {
  return name.includes("-") || name === "role" || name === "for";
}

/**
 * Create a button with a text.
 * @param {string} label
 * @param {() => void} onclick
 * @param {string} [className]
 */
export function button(label, onclick, className = "wan27-button") {
  return element("button", { type: "button", className, onclick }, label);
}

/**
 * Create a button with an icon of ComfyUI's icon font; its label is the tooltip.
 * @param {string} icon such as "pi-play"
 * @param {string} label
 * @param {() => void} onclick
 */
export function iconButton(icon, label, onclick) {
  return element(
    "button",
    { type: "button", className: "wan27-icon", title: label, "aria-label": label, onclick },
    element("i", { className: `pi ${icon}`, "aria-hidden": "true" }),
  );
}

/**
 * Create a link that opens in a new tab, without a referrer; null unless the address is https.
 * @param {string} address from outside, so it is checked
 * @param {string} label
 */
export function link(address, label) {
  if (!isSafe(address)) return null;
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** Return true for an https address. @param {string} address */
export function isSafe(address) {
  return URL.canParse(address) && new URL(address).protocol === "https:";
}
