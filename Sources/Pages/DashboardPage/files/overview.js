// Orders of some days in figures.

import { make } from './dom.js';
import { day, money, number, share } from './format.js';
import { address, ranges } from './place.js';
import { differs, proof } from './proof.js';
import { ago, badge, heading, notice, statuses, tone, waiting } from './status.js';
import { say } from './words.js';

export const title = () => say('overview');

export const sources = (place) => ({
    figures: { path: `orderDashboards/figures?days=${place.days}` },
    proof: { path: 'orderDashboards/proof', pause: 10_000 },
});

export function draw(place, { figures: source, proof: money }) {
    const parts = [
        make('div', { class: 'title', 'data-key': 'title' }, heading(say('overview')), rangeChoice(place)),
        notice(source),
    ];
    if (!source.value) return [...parts, source.error ? null : waiting()].filter(Boolean);
    const { orders: count, paid, delivered, statuses: counts, currencies, lastEventAt, from, to } = source.value;
    const days = daysOf(from, to);
    // What is wrong stands first, also on a phone.
    const isFirst = differs(money);
    return [
        ...parts, isFirst ? proof(place, money) : null,
        make(
            'dl', { class: 'figures', 'data-key': 'figures' },
            figure('orders', number(count)),
            figure('paidShare', share(paid, count), say('ofOrders', { part: paid, count })),
            figure('deliveredShare', share(delivered, count), say('ofOrders', { part: delivered, count })),
            figure('lastEvent', ago(lastEventAt))),
        count ? null : make('p', { class: 'empty', 'data-key': 'empty' }, say('noOrdersInDays')),
        make(
            'div', { class: 'columns', 'data-key': 'columns' },
            byStatus(place, counts, count),
            make('div', { class: 'stack' }, revenue(currencies), isFirst ? null : proof(place, money)),
            days.length > 1 ? byDay(days, source.value.days) : null),
    ].filter(Boolean);
}

const rangeChoice = (place) =>
    make(
        'nav', { class: 'chips', 'aria-label': say('range') },
        ranges.map((days) =>
            make(
                'a', { href: address(place, { days }), 'aria-current': days === place.days ? 'true' : null },
                say('days', { count: days }))));

const figure = (key, value, more) =>
    make('div', { 'data-figure': key }, make('dt', {}, say(key)), make('dd', {}, value, more ? make('small', {}, more) : null));

const card = (key, text, ...content) =>
    make('section', { class: 'card', 'aria-labelledby': `h-${key}`, 'data-key': key }, make('h2', { id: `h-${key}` }, text), content);

/** The days (UTC) from the first to the last. */
function daysOf(first, last) {
    const list = [];
    for (let time = Date.parse(first); time <= Date.parse(last); time += 86_400_000) {
        list.push(new Date(time).toISOString().slice(0, 10));
    }
    return list;
}

function byStatus(place, counts, count) {
    return card(
        'byStatus', say('byStatus'),
        make(
            'ul', { class: 'bars' },
            statuses.map((status) => {
                const part = counts[status] ?? 0;
                return make(
                    'li', { 'data-key': status, 'data-status': status },
                    make(
                        'a', { href: address(place, { view: 'orders', status }) },
                        badge('status', status), make('span', { class: 'count' }, number(part))),
                    bar(count ? part / count : 0, tone(status)));
            })));
}

const bar = (part, kind) =>
    make(
        'svg', { class: `bar ${kind}`, viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
        make('rect', { class: 'rail', width: 100, height: 6 }),
        make('rect', { class: 'part', width: Math.round(part * 1000) / 10, height: 6 }));

function revenue(currencies) {
    if (!currencies.length) return card('revenue', say('revenue'), make('p', { class: 'empty' }, say('noMoney')));
    return card(
        'revenue', say('revenue'),
        make(
            'dl', { class: 'money' },
            currencies.map(({ currency, captured, refunded }) =>
                make(
                    'div', { 'data-key': currency, 'data-currency': currency }, make('dt', {}, currency),
                    Object.entries({ captured, refunded, net: captured - refunded }).map(([key, amount]) =>
                        make('dd', {}, make('span', {}, say(key)), make('span', {}, money(amount, currency))))))));
}

/** A day without orders has no bar, one with few still a visible one. */
const height = (count, most) => (count ? (count / most) * 38 + 1 : 0);

/** Bars of the orders of each day, and the same as a table. */
function byDay(days, known) {
    const byDate = new Map(known.map(({ day, orders }) => [day, orders]));
    const counts = days.map((day) => byDate.get(day) ?? 0);
    const most = Math.max(1, ...counts);
    const width = 100 / days.length;
    return card(
        'byDay', say('byDay'),
        make(
            'svg', {
                class: 'chart', viewBox: '0 0 100 40', preserveAspectRatio: 'none', role: 'img',
                'aria-label': say('byDayText', { most: Math.max(...counts), count: days.length }),
            },
            counts.map((count, index) =>
                make(
                    'rect', {
                        class: 'part', x: (index + 0.12) * width, width: 0.76 * width, y: 40 - height(count, most),
                        height: height(count, most),
                    },
                    make('title', {}, `${day(days[index])}: ${number(count)}`)))),
        make('p', { class: 'axis', 'aria-hidden': 'true' }, make('span', {}, day(days[0])), make('span', {}, day(days.at(-1)))),
        make(
            'details', {}, make('summary', {}, say('asTable')),
            make(
                'table', { class: 'small' }, make('caption', { class: 'unseen' }, say('byDay')),
                make(
                    'thead', {},
                    make(
                        'tr', {}, make('th', { scope: 'col' }, say('day')),
                        make('th', { scope: 'col', class: 'right' }, say('orders')))),
                make(
                    'tbody', {},
                    days.map((date, index) =>
                        make(
                            'tr', {}, make('th', { scope: 'row' }, day(date)),
                            make('td', { class: 'right' }, number(counts[index]))))))));
}
