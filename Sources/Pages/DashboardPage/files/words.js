// The words of the page in the reader's language.

import en from './words-en.js';
import id from './words-id.js';
import ko from './words-ko.js';

const languages = { en, id, ko };
export let language = 'en';

/** Chooses the language: the one that was chosen before, else the browser's, else English. */
export function chooseLanguage(chosen) {
    const offered = [chosen, ...navigator.languages.map((tag) => tag.split('-')[0])];
    language = offered.find((tag) => Object.hasOwn(languages, tag)) ?? 'en';
    document.documentElement.lang = language;
}

/** Returns the word with `{name}` replaced by values. A word with `one` and `other` goes by `count`. */
export function say(key, values = {}) {
    const found = languages[language][key] ?? en[key];
    if (found === undefined) return key;
    const text = typeof found === 'string' ? found : values.count === 1 ? found.one : found.other;
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? shown(values[name]) : whole));
}

/** Returns the word for a status or an event, or what the server calls it if there is none. */
export function name(kind, value) {
    const words = languages[language].names[kind];
    return Object.hasOwn(words, value) ? words[value] : value;
}

const shown = (value) => (typeof value === 'number' ? new Intl.NumberFormat(language).format(value) : String(value));
