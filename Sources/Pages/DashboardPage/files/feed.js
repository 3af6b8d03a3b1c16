// Keeps a view up to date: it asks again and again, and is sent only what has changed.

const longestPause = 30_000;
/** As long as the server may ask to wait: what it asks beyond that is a mistake. */
const longestWait = 600_000;
const patience = 8_000;

/**
 * An answer that is no success. `detail` is what the server says of it, or null; `wait` are the milliseconds after which
 * it wants to be asked again, or 0 if it says nothing.
 */
export class Refusal extends Error {
    constructor(status, detail, wait) {
        super(detail ?? `status ${status}`);
        this.status = status;
        this.detail = detail;
        this.wait = wait;
    }

    /** Whether the server cannot answer now: it is to be asked less. Everything else is refused for what was asked. */
    get isBusy() {
        return this.status === 429 || this.status >= 500;
    }
}

/** Returns a function that gets a path relative to the service, and null as long as it is the same as before. */
export function reading(path) {
    let tag = null;
    return async (signal) => {
        const headers = { Accept: 'application/json' };
        if (tag) headers['If-None-Match'] = tag;
        const answer = await fetch(new URL(`../${path}`, document.baseURI), { headers, cache: 'no-store', signal });
        if (answer.status === 304) return null;
        if (!answer.ok) throw await refusal(answer);
        const value = await answer.json();
        tag = answer.headers.get('ETag');
        return value;
    };
}

/**
 * Returns a function that gets how many events the read model has still to hear, or null if that is as before. Behind the
 * gateway nobody says it, and it gets undefined.
 */
export function lagging() {
    let known = null;
    return async (signal) => {
        const answer = await fetch(new URL('../metrics', document.baseURI), { cache: 'no-store', signal });
        if (!answer.ok) throw await refusal(answer);
        const lag = (await answer.text()).match(/^sambal_consumer_lag_events(?:\{[^}]*\})? ([0-9.]+)/m)?.[1];
        if (known !== null && known === lag) return null;
        known = lag;
        return lag === undefined ? undefined : Number(lag);
    };
}

async function refusal(answer) {
    const wait = waitOf(answer.headers.get('Retry-After'));
    try {
        return new Refusal(answer.status, (await answer.json()).detail ?? null, wait);
    } catch {
        return new Refusal(answer.status, null, wait);
    }
}

/** Reads `Retry-After`, seconds or a date (RFC 9110 §10.2.3), as milliseconds. */
function waitOf(text) {
    if (!text) return 0;
    const wait = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now();
    return wait > 0 ? Math.min(wait, longestWait) : 0;
}

/**
 * Calls `load` every `pause` milliseconds while the page is seen, and `heard` with `{value}`, `{same: true}` or
 * `{error, next}` each time. After an answer that took long it waits ten times as long as that. After a failure it waits
 * twice as long each time, up to half a minute, and at least as long as the server asks.
 */
export function watch(load, heard, pause = 2_000) {
    let timer = null;
    let running = null;
    let failures = 0;
    let isOver = false;
    let delay = pause;
    let notBefore = 0;

    async function turn() {
        timer = null;
        const mine = (running = new AbortController());
        const limit = setTimeout(() => mine.abort(), patience);
        const begin = performance.now();
        try {
            const value = await load(mine.signal);
            if (isOver || running !== mine) return;
            failures = 0;
            notBefore = 0;
            delay = Math.max(pause, Math.min(10 * (performance.now() - begin), longestPause));
            heard(value === null ? { same: true } : { value });
        } catch (error) {
            if (isOver || running !== mine) return;
            // What the server refuses, it would refuse again; it may come to be, so it is asked in the usual pace.
            failures = error instanceof Refusal && !error.isBusy ? 0 : failures + 1;
            delay = later(error instanceof Refusal ? error.wait : 0);
            heard({ error, next: delay });
        } finally {
            clearTimeout(limit);
            if (running === mine) running = null;
        }
        plan();
    }
    /** Pages that failed together do not come back together. */
    function later(asked) {
        const own = Math.min(pause * 2 ** failures, Math.max(longestPause, pause));
        notBefore = asked ? Date.now() + asked : 0;
        return Math.max(own, asked) + (failures ? Math.random() * 0.1 * Math.max(own, asked) : 0);
    }
    function plan() {
        if (isOver || timer !== null || running || document.hidden) return;
        timer = setTimeout(turn, delay);
    }
    function again() {
        if (isOver || running) return;
        clearTimeout(timer);
        turn();
    }
    function seen() {
        clearTimeout(timer);
        timer = null;
        if (document.hidden) return;
        const wait = notBefore - Date.now();
        if (wait > 0) timer = setTimeout(turn, wait);
        else again();
    }
    function stop() {
        isOver = true;
        clearTimeout(timer);
        running?.abort();
        document.removeEventListener('visibilitychange', seen);
    }
    document.addEventListener('visibilitychange', seen);
    turn();
    return { stop, again };
}
