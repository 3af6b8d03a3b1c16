// Statuses, notices and other small things that several views show.

import { make } from './dom.js';
import { Refusal } from './feed.js';
import { age, dateTime, shortTime } from './format.js';
import { name, say } from './words.js';

export const statuses = [
    'PLACED', 'PAID', 'PAYMENT_FAILED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'CANCELLING', 'CANCELLED',
];

const tones = {
    PLACED: 'wait', REQUIRES_PAYMENT: 'wait', PENDING: 'wait', AUTHORISED: 'wait', STARTED: 'wait', CANCELLING: 'wait',
    PAID: 'good', DELIVERED: 'good', SHIPPED: 'move', PAYMENT_FAILED: 'bad', FAILED: 'bad', DISPUTED: 'bad',
    PARTIALLY_REFUNDED: 'back', REFUNDED: 'back', RETURNED: 'back', CANCELLED: 'end', NONE: 'end',
};
export const tone = (status) => (Object.hasOwn(tones, status) ? tones[status] : 'end');

/** A status in words and colour. `kind` is `status`, `payment` or `delivery`. */
export function badge(kind, status) {
    if (!status) return make('span', { class: 'none' }, '–');
    return make('span', { class: `badge ${tone(status)}`, dir: 'auto' }, name(kind, status));
}

export function moment(text, isShort = false) {
    if (!text) return make('span', { class: 'none' }, '–');
    const time = new Date(text);
    return make('time', { datetime: text, title: dateTime(time) }, isShort ? shortTime(time) : dateTime(time));
}

export function ago(text) {
    if (!text) return '–';
    const time = new Date(text);
    return make('time', { datetime: text, title: dateTime(time) }, age(time.getTime()));
}

/** A text that somebody outside may have written. */
export const foreign = (text) =>
    text === undefined || text === null || text === '' ? make('span', { class: 'none' }, '–') : make('bdi', {}, text);

export const copyButton = (text, what) =>
    make(
        'button', { type: 'button', class: 'copy', 'data-copy': text, 'aria-label': say('copyWhat', { what }) },
        say('copy'));

export const heading = (text, ...more) => make('h1', { tabindex: '-1' }, text, ...more);

/** Says in words why something is not shown; null if nothing is wrong. */
export function notice(source) {
    if (!source?.error) return null;
    const { error } = source;
    const isRefused = error instanceof Refusal;
    const reason = isRefused ? say('refused', { status: error.status }) : say('noAnswer');
    return make(
        'div', { class: 'notice', role: 'group', 'aria-label': say('problem'), 'data-key': 'notice' },
        make('p', {}, make('strong', {}, reason)),
        isRefused && error.detail ? make('p', {}, foreign(error.detail)) : null,
        source.value ? make('p', {}, say('stale')) : null,
        make('button', { type: 'button', 'data-again': '' }, say('again')));
}

export const waiting = () => make('p', { class: 'empty', 'data-key': 'waiting' }, say('loading'));
