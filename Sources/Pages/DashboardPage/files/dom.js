// Makes elements, and changes those that are shown into new ones. Whatever comes from outside is a text node: nothing in
// this folder parses markup.

const drawing = 'http://www.w3.org/2000/svg';
const shapes = new Set(['svg', 'rect', 'line', 'title', 'g']);

/** Makes an element: `make('a', {href: '?'}, 'text', child)`. Children that are null, undefined or false are left out. */
export function make(tag, attributes = {}, ...children) {
    const element = shapes.has(tag) ? document.createElementNS(drawing, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) continue;
        element.setAttribute(name, value === true ? '' : String(value));
    }
    for (const child of children.flat(Infinity)) {
        if (child === null || child === undefined || child === false) continue;
        element.append(child instanceof Node ? child : String(child));
    }
    return element;
}

/**
 * Changes `shown` into `wanted` and keeps what is the same, so that focus, selection and scrolling stay where they are.
 * Children with `data-key` are found again by it.
 */
export function become(shown, wanted) {
    if (shown.nodeType !== wanted.nodeType || shown.nodeName !== wanted.nodeName) {
        shown.replaceWith(wanted);
        return;
    }
    if (shown.nodeType === Node.TEXT_NODE) {
        if (shown.data !== wanted.data) shown.data = wanted.data;
        return;
    }
    // What a reader has typed is theirs: only a value that the page itself wants otherwise than before takes its place,
    // and never while they are typing.
    const isNew = shown.tagName === 'INPUT' && shown.getAttribute('value') !== wanted.getAttribute('value');
    for (const { name, value } of wanted.attributes) {
        if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
    }
    for (const { name } of [...shown.attributes]) {
        // A reader has opened or closed it.
        if (name === 'open') continue;
        if (!wanted.hasAttribute(name)) shown.removeAttribute(name);
    }
    if (isNew && document.activeElement !== shown) shown.value = wanted.value;
    // Read before: the children of what is wanted may move.
    const chosen = wanted.value;
    fill(shown, [...wanted.childNodes]);
    if (shown.tagName === 'SELECT' && document.activeElement !== shown) shown.value = chosen;
}

/** Lets the children of `parent` become `wanted`. */
export function fill(parent, wanted) {
    const keyed = new Map([...parent.children].filter((child) => child.dataset.key).map((c) => [c.dataset.key, c]));
    let place = parent.firstChild;
    for (const child of wanted) {
        const known = child.dataset?.key && keyed.get(child.dataset.key);
        if (known) {
            keyed.delete(child.dataset.key);
            if (known !== place) parent.insertBefore(known, place);
            else place = place.nextSibling;
            become(known, child);
        } else if (place && !place.dataset?.key && !child.dataset?.key) {
            const next = place.nextSibling;
            become(place, child);
            place = next;
        } else {
            parent.insertBefore(child, place);
        }
    }
    while (place) {
        const next = place.nextSibling;
        place.remove();
        place = next;
    }
}
