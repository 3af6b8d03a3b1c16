// Whether payments, ledger and the provider's statement agree: zero, or a red line for each order where they do not.

import { make } from './dom.js';
import { money, number } from './format.js';
import { address } from './place.js';
import { ago, foreign, waiting } from './status.js';
import { name, say } from './words.js';

/** Whether something is known to differ. */
export const differs = (source) =>
    Boolean(source?.value?.openDifferences) || source?.value?.comparison?.isBalanced === false;

/** Nothing is green that is not known. */
export function proof(place, source) {
    const nothing = () => (source?.error ? state('unknown', say('proofUnknown')) : waiting());
    const content = source?.value ? told(place, source.value) : nothing();
    return make(
        'section', { class: 'card proof', 'aria-labelledby': 'h-proof', 'data-key': 'proof' },
        make('h2', { id: 'h-proof' }, say('proof')), content);
}

const state = (kind, text) => make('p', { class: `state ${kind}`, 'data-proof': kind }, text);

function told(place, { comparison, openDifferences, differences, unavailable }) {
    if (unavailable) return [state('unknown', say('proofUnknown')), make('p', { class: 'hint' }, foreign(unavailable))];
    const lines = differences.map((difference) => line(place, difference));
    const rest = openDifferences - differences.length;
    return [
        verdict(comparison, openDifferences),
        comparison && !comparison.isBalanced ? state('bad', say('proofUnbalanced')) : null,
        lines.length ? make('ul', { class: 'differences' }, lines) : null,
        rest > 0 ? make('p', { class: 'hint' }, say('proofMore', { count: rest })) : null,
        comparison ? compared(comparison) : null,
    ];
}

function verdict(comparison, count) {
    if (count) return state('bad', say('proofBad', { count }));
    if (!comparison) return state('unknown', say('proofNever'));
    if (comparison.state === 'FAILED') return state('unknown', say('proofFailed'));
    if (comparison.state === 'RUNNING') return state('unknown', say('proofRunning'));
    return comparison.isBalanced ? state('good', say('proofGood')) : null;
}

const line = (place, { kind, orderId, here, there, currency }) =>
    make(
        'li', { 'data-difference': orderId },
        make('a', { href: address(place, { order: orderId }), dir: 'auto' }, orderId), ' ',
        make('span', {}, name('difference', kind)), ' ',
        make('small', {}, say('proofSides', { here: money(here, currency), there: money(there, currency) })));

const compared = ({ startedAt, finishedAt, movements, statementLines, bookings, inFlight }) =>
    make(
        'p', { class: 'hint' }, say('proofCompared'), ' ', ago(finishedAt ?? startedAt), ': ',
        say('proofCounts', {
            movements: number(movements), lines: number(statementLines), bookings: number(bookings), flight: number(inFlight),
        }));
