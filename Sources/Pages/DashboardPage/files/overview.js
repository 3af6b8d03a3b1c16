// Orders of some days in figures.

import { make } from './dom.js';
import { reading } from './feed.js';
import { day, money, number, share } from './format.js';
import { address, ranges } from './place.js';
import { ago, badge, heading, notice, statuses, tone, waiting } from './status.js';
import { say } from './words.js';

export const title = () => say('overview');

export const sources = () => ({ figures: { path: 'figures', load: figures() } });

/**
 * Reads the latest row with the number of all rows, then the totals. As an order and its totals change together, totals
 * that are read later lack an order only if it is not counted at all.
 */
function figures() {
    const latest = reading('orderDashboards?sort=updatedAt,desc&size=1');
    // One row for each day and currency: enough for the longest range in ten currencies.
    const totals = reading('orderDashboards/totals?sort=day,desc&size=1000');
    const known = { latest: null, totals: null };
    let isNew = true;
    const note = (name, value) => {
        if (value === null) return;
        known[name] = value;
        isNew = true;
    };
    return async (signal) => {
        note('latest', await latest(signal));
        note('totals', await totals(signal));
        if (!isNew) return null;
        isNew = false;
        return { ...known };
    };
}

export function draw(place, { figures: source }) {
    const parts = [
        make('div', { class: 'title', 'data-key': 'title' }, heading(say('overview')), rangeChoice(place)),
        notice(source),
    ];
    if (!source.value) return [...parts, source.error ? null : waiting()].filter(Boolean);
    const { latest, totals } = source.value;
    const days = daysOf(place.days);
    const rows = totals._embedded.orderTotals.filter((row) => row.day >= days[0]);
    const sum = (of) => rows.reduce((total, row) => total + of(row), 0);
    const [count, paid, delivered] = [sum((row) => row.orders), sum((row) => row.paid), sum((row) => row.delivered)];
    return [
        ...parts,
        make(
            'dl', { class: 'figures', 'data-key': 'figures' },
            figure('orders', number(count)),
            figure('paidShare', share(paid, count), say('ofOrders', { part: paid, count })),
            figure('deliveredShare', share(delivered, count), say('ofOrders', { part: delivered, count })),
            figure('lastEvent', ago(latest._embedded.orderDashboards[0]?.updatedAt))),
        uncounted(latest, totals),
        count ? null : make('p', { class: 'empty', 'data-key': 'empty' }, say('noOrdersInDays')),
        make(
            'div', { class: 'columns', 'data-key': 'columns' },
            byStatus(place, rows, count), revenue(rows), place.days > 1 ? byDay(days, rows) : null),
    ].filter(Boolean);
}

/** Says how many orders the figures lack: rows of an earlier version are not counted until the read model is rebuilt. */
function uncounted(latest, totals) {
    if (totals.page.totalPages > 1) return null;
    const counted = totals._embedded.orderTotals.reduce((sum, row) => sum + row.orders, 0);
    const count = latest.page.totalElements - counted;
    if (count <= 0) return null;
    return make(
        'div', { class: 'notice', role: 'group', 'aria-label': say('problem'), 'data-key': 'uncounted' },
        make('p', {}, say('uncounted', { count }), ' ', make('code', {}, 'sambal rebuild dashboard')));
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

/** The last so many days (UTC), the earliest first. */
function daysOf(count) {
    const today = Date.now();
    return Array.from({ length: count }, (_, index) =>
        new Date(today - (count - 1 - index) * 86_400_000).toISOString().slice(0, 10));
}

function byStatus(place, rows, count) {
    const counts = statuses.map((status) => [status, rows.reduce((sum, row) => sum + (row.statuses[status] ?? 0), 0)]);
    return card(
        'byStatus', say('byStatus'),
        make(
            'ul', { class: 'bars' },
            counts.map(([status, part]) =>
                make(
                    'li', { 'data-key': status, 'data-status': status },
                    make(
                        'a', { href: address(place, { view: 'orders', status }) },
                        badge('status', status), make('span', { class: 'count' }, number(part))),
                    bar(count ? part / count : 0, tone(status))))));
}

const bar = (part, kind) =>
    make(
        'svg', { class: `bar ${kind}`, viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
        make('rect', { class: 'rail', width: 100, height: 6 }),
        make('rect', { class: 'part', width: Math.round(part * 1000) / 10, height: 6 }));

function revenue(rows) {
    const sums = new Map();
    for (const row of rows) {
        const sum = sums.get(row.currency) ?? { revenue: 0, refunded: 0 };
        sums.set(row.currency, { revenue: sum.revenue + row.revenue, refunded: sum.refunded + row.refunded });
    }
    const list = [...sums].sort(([left], [right]) => (left < right ? -1 : 1));
    if (!list.length) return card('revenue', say('revenue'), make('p', { class: 'empty' }, say('noMoney')));
    return card(
        'revenue', say('revenue'),
        make(
            'dl', { class: 'money' },
            list.map(([currency, sum]) =>
                make(
                    'div', { 'data-key': currency, 'data-currency': currency }, make('dt', {}, currency),
                    [['captured', sum.revenue], ['refunded', sum.refunded], ['net', sum.revenue - sum.refunded]].map(
                        ([key, amount]) =>
                            make('dd', {}, make('span', {}, say(key)), make('span', {}, money(amount, currency))))))));
}

/** Bars of the orders of each day, and the same as a table. */
function byDay(days, rows) {
    const counts = days.map((day) => rows.filter((row) => row.day === day).reduce((sum, row) => sum + row.orders, 0));
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
                        class: 'part', x: (index + 0.12) * width, width: 0.76 * width, y: 40 - (count / most) * 38 - 1,
                        height: (count / most) * 38 + 1,
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
