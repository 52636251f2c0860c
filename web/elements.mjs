/** Making elements. Texts become text nodes, never HTML: prompts and answers of hosts are not to be trusted. */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties] `onclick` and the like are listeners; what has a dash, and `role`, are attributes; all else are properties
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role" || name === "for") made.setAttribute(name, value);
    else /** @type {any} */ (made)[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined).map((child) => /** @type {Node} */ (child)));
  return made;
}

/**
 * A button with a text.
 * @param {string} label
 * @param {() => void} onclick
 * @param {string} [className]
 */
export function button(label, onclick, className = "wan27-button") {
  return element("button", { type: "button", className, onclick }, label);
}

/**
 * A button with a picture of ComfyUI's own icon font, and a name for those who do not see it.
 * @param {string} icon such as "pi-play"
 * @param {string} label
 * @param {() => void} onclick
 */
export function iconButton(icon, label, onclick) {
  const picture = element("i", { className: `pi ${icon}`, "aria-hidden": "true" });
  return element("button", { type: "button", className: "wan27-icon", title: label, "aria-label": label, onclick }, picture);
}

/**
 * A link that opens beside this page, which learns nothing of it. Only https: the address comes from elsewhere.
 * @param {string} address
 * @param {string} label
 */
export function link(address, label) {
  return isSafe(address) ? element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, label) : null;
}

/** @param {string} address whether it may be opened in a tab */
export function isSafe(address) {
  return URL.canParse(address) && new URL(address).protocol === "https:";
}
