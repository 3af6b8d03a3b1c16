// Numbers, money and times as the reader's language writes them.

import { language } from './words.js';

// Digits of the minor unit (ISO 4217) that are not two, as the server stores amounts.
const exponents = new Map([
    ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
    ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3]),
]);
// Amounts in it have minor units in the books and none in the shop.
const withoutCents = new Set(['IDR']);
const made = new Map();

function formatter(kind, options) {
    const key = `${language} ${kind.name} ${JSON.stringify(options)}`;
    if (!made.has(key)) made.set(key, new kind(language, options));
    return made.get(key);
}

export const number = (value) => formatter(Intl.NumberFormat, {}).format(value);

/** Returns a share as a percentage, or a dash if there is nothing to take it of. */
export function share(part, whole) {
    if (!whole) return '–';
    return formatter(Intl.NumberFormat, { style: 'percent', maximumFractionDigits: 1 }).format(part / whole);
}

/** Returns an amount in minor units with its currency. */
export function money(amount, currency) {
    if (amount === undefined || amount === null) return '–';
    if (!currency) return number(amount);
    const digits = exponents.get(currency) ?? 2;
    const isWhole = amount % 10 ** digits === 0;
    const least = withoutCents.has(currency) && isWhole ? 0 : digits;
    // As text: a quotient of two numbers need not be exact.
    const text = String(Math.abs(amount)).padStart(digits + 1, '0');
    const value = `${amount < 0 ? '-' : ''}${text.slice(0, text.length - digits)}.${text.slice(text.length - digits)}0`;
    const options = { style: 'currency', currency, minimumFractionDigits: least, maximumFractionDigits: least };
    try {
        return formatter(Intl.NumberFormat, options).format(value);
    } catch {
        return `${number(amount)} ${currency}`;
    }
}

export const dateTime = (time) => formatter(Intl.DateTimeFormat, { dateStyle: 'medium', timeStyle: 'medium' }).format(time);
export const shortTime = (time) =>
    formatter(Intl.DateTimeFormat, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }).format(time);
export const clock = (time) => formatter(Intl.DateTimeFormat, { timeStyle: 'medium' }).format(time);

/** Returns a day such as `2026-11-29`, which is the same in every time zone. */
export const day = (text) =>
    formatter(Intl.DateTimeFormat, { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(new Date(`${text}T00:00:00Z`));

const units = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]];

/** Returns how long ago a time was: "3 minutes ago". */
export function age(time, now = Date.now()) {
    const seconds = Math.max(0, Math.round((now - time) / 1000));
    const [unit, size] = units.find(([, size]) => seconds >= size) ?? units.at(-1);
    return formatter(Intl.RelativeTimeFormat, { numeric: 'auto' }).format(-Math.floor(seconds / size), unit);
}
