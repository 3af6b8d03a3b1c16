// Keeps a view up to date: it asks again and again, and is sent only what has changed.

const longestPause = 30_000;
const patience = 8_000;

/** An answer that is no success. `detail` is what the server says of it, or null. */
export class Refusal extends Error {
    constructor(status, detail) {
        super(detail ?? `status ${status}`);
        this.status = status;
        this.detail = detail;
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
    try {
        return new Refusal(answer.status, (await answer.json()).detail ?? null);
    } catch {
        return new Refusal(answer.status, null);
    }
}

/**
 * Calls `load` every `pause` milliseconds while the page is seen, and `heard` with `{value}`, `{same: true}` or
 * `{error, next}` each time. After a failure it waits twice as long each time, up to half a minute.
 */
export function watch(load, heard, pause = 2_000) {
    let timer = null;
    let running = null;
    let failures = 0;
    let isOver = false;

    async function turn() {
        timer = null;
        const mine = (running = new AbortController());
        const limit = setTimeout(() => mine.abort(), patience);
        try {
            const value = await load(mine.signal);
            if (isOver || running !== mine) return;
            failures = 0;
            heard(value === null ? { same: true } : { value });
        } catch (error) {
            if (isOver || running !== mine) return;
            // What the server refuses, it would refuse again; it may come to be, so it is asked in the usual pace.
            failures = error instanceof Refusal && error.status < 500 ? 0 : failures + 1;
            heard({ error, next: wait() });
        } finally {
            clearTimeout(limit);
            if (running === mine) running = null;
        }
        plan();
    }
    const wait = () => Math.min(pause * 2 ** failures, Math.max(longestPause, pause));
    function plan() {
        if (isOver || timer !== null || running || document.hidden) return;
        timer = setTimeout(turn, wait());
    }
    function again() {
        if (isOver || running) return;
        clearTimeout(timer);
        turn();
    }
    function seen() {
        if (document.hidden) {
            clearTimeout(timer);
            timer = null;
        } else {
            failures = 0;
            again();
        }
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
