// Draws the view of the present place, and keeps it up to date.

import { fill, make } from './dom.js';
import { Refusal, lagging, reading, watch } from './feed.js';
import { clock } from './format.js';
import { address, follow, go, read } from './place.js';
import { chooseLanguage, language, say } from './words.js';
import * as overview from './overview.js';
import * as orders from './orders.js';
import * as order from './order.js';

const views = { overview, orders, order };
const main = document.getElementById('main');
const live = document.getElementById('live');
const lag = { path: 'lag', load: lagging(), pause: 5_000 };
/** What is being watched, by the name that the view gives it: its path, its feed and what was heard last. */
const sources = new Map();
let place = read();
let updatedAt = null;
let isDrawn = true;

function remembered(name) {
    try {
        return localStorage.getItem(`sambal.${name}`);
    } catch {
        return null;
    }
}

function remember(name, value) {
    try {
        localStorage.setItem(`sambal.${name}`, value);
    } catch {
        // It holds until the page is left.
    }
}

/** Goes to the place that the address tells. */
function arrive() {
    const before = place;
    place = read();
    const wanted = { ...views[place.view].sources(place), lag };
    for (const [name, source] of sources) {
        if (wanted[name]?.path === source.path) continue;
        source.feed.stop();
        // Rows of before stay until the new ones are here, but not another order's.
        if (!(name in wanted) || place.view === 'order' || place.view !== before.view) sources.delete(name);
        else source.isOld = true;
    }
    for (const [name, { path, load, pause }] of Object.entries(wanted)) {
        const known = sources.get(name);
        if (known?.path === path) continue;
        const source = { path, value: known?.value, isOld: true, error: null, next: 0 };
        sources.set(name, source);
        source.feed = watch(load ?? reading(path), (news) => hear(source, news), pause);
    }
    draw();
    if (before.view !== place.view || before.order !== place.order) {
        scrollTo(0, 0);
        main.querySelector('h1')?.focus({ preventScroll: true });
    }
}

function hear(source, news) {
    const wasLost = isLost();
    if (news.error) {
        Object.assign(source, { error: news.error, next: Date.now() + news.next });
    } else {
        if ('value' in news) source.value = news.value;
        Object.assign(source, { error: null, isOld: false });
        updatedAt = Date.now();
    }
    if (wasLost !== isLost()) announce(say(wasLost ? 'found' : 'lost'));
    plan();
}

/** Whether the server does not answer, or not now. */
const isLost = () => [...sources.values()].some(({ error }) => error && !(error instanceof Refusal && !error.isBusy));

function announce(text) {
    document.getElementById('news').textContent = text;
}

/** Draws once for all that was heard since the last time. */
function plan() {
    if (!isDrawn) return;
    isDrawn = false;
    requestAnimationFrame(() => {
        isDrawn = true;
        draw();
    });
}

function draw() {
    const view = views[place.view];
    fill(main, view.draw(place, Object.fromEntries(sources)));
    document.title = `${view.title(place)} · Sambal`;
    for (const link of document.querySelectorAll('[data-view]')) {
        const isHere = link.dataset.view === place.view || (place.view === 'order' && link.dataset.view === 'orders');
        if (isHere) link.setAttribute('aria-current', 'page');
        else link.removeAttribute('aria-current');
    }
    drawState();
}

function drawState() {
    live.dataset.state = isLost() ? 'lost' : updatedAt ? 'live' : 'waiting';
    live.textContent = isLost() ? retrying() : updatedAt ? upToDate() : say('loading');
}

function retrying() {
    const lost = [...sources.values()].filter(({ error }) => error);
    const seconds = Math.max(0, Math.ceil((Math.max(0, ...lost.map(({ next }) => next)) - Date.now()) / 1000));
    const isBusy = lost.every(({ error }) => error instanceof Refusal);
    return say(isBusy ? 'busy' : 'retrying', { seconds, count: seconds });
}

function upToDate() {
    const behind = sources.get('lag')?.value;
    const updated = say('updated', { time: clock(updatedAt) });
    return behind ? `${updated} · ${say('behind', { count: behind })}` : updated;
}

/** Writes the words that stand in the document itself. */
function translate() {
    for (const element of document.querySelectorAll('[data-word]')) element.textContent = say(element.dataset.word);
    document.getElementById('views').setAttribute('aria-label', say('views'));
    document.getElementById('language').value = language;
}

function chooseTheme(theme) {
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    document.getElementById('theme').value = theme === 'light' || theme === 'dark' ? theme : 'system';
}

async function copy(button) {
    const isCopied = await copyText(button.dataset.copy, button);
    announce(say(isCopied ? 'copied' : 'notCopied'));
    if (!isCopied) return;
    const mark = make('span', { class: 'mark' }, '✓');
    button.replaceChildren(mark);
    setTimeout(() => button.replaceChildren(button.dataset.label ?? say('copy')), 1_500);
}

/** Browsers have a clipboard for pages that came by TLS or from this machine; elsewhere they copy what is selected. */
async function copyText(text, button) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        const field = make('textarea', { class: 'unseen', readonly: true, tabindex: '-1', 'aria-hidden': 'true' }, text);
        document.body.append(field);
        field.select();
        try {
            return document.execCommand('copy');
        } finally {
            field.remove();
            button.focus({ preventScroll: true });
        }
    }
}

chooseLanguage(remembered('language'));
chooseTheme(remembered('theme'));
translate();
document.getElementById('language').addEventListener('change', ({ target }) => {
    remember('language', target.value);
    chooseLanguage(target.value);
    translate();
    draw();
});
document.getElementById('theme').addEventListener('change', ({ target }) => {
    remember('theme', target.value);
    chooseTheme(target.value);
});
document.addEventListener('click', ({ target }) => {
    const button = target.closest?.('button');
    if (button?.dataset.copy !== undefined) copy(button);
    if (button?.dataset.again !== undefined) for (const { feed } of sources.values()) feed.again();
});
document.addEventListener('submit', (event) => {
    event.preventDefault();
    const find = new FormData(event.target).get('find').trim();
    // Both are asked of the server by a search of their own, so that one takes the other's place.
    go(address(place, { find, status: '' }));
});
document.addEventListener('change', ({ target }) => {
    if (target.id !== 'sort') return;
    const [sort, direction] = target.value.split(',');
    go(address(place, { sort, descending: direction === 'desc' }));
});
follow(arrive);
arrive();
setInterval(() => {
    if (document.hidden) return;
    if (isLost()) drawState();
    else plan();
}, 1_000);
