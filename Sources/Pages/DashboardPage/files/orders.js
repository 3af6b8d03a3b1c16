// The list of orders: a page of it, filtered, searched and sorted by the server.

import { make } from './dom.js';
import { reading } from './feed.js';
import { money, number } from './format.js';
import { address, pageSize } from './place.js';
import { badge, foreign, heading, moment, notice, statuses, waiting } from './status.js';
import { name, say } from './words.js';

export const title = () => say('orders');

const columns = [
    ['order', null], ['placed', 'placedAt'], ['customer', null], ['amount', 'amount'], ['status', 'status'],
    ['payment', null], ['delivery', 'deliveryStatus'], ['changed', 'updatedAt'],
];

export function sources(place) {
    const query = new URLSearchParams({
        page: place.page - 1, size: pageSize, sort: `${place.sort},${place.descending ? 'desc' : 'asc'}`,
    });
    if (place.find) return { list: { path: `find ${place.find} ${query}`, load: finding(place.find, query) } };
    if (!place.status) return { list: { path: `orderDashboards?${query}` } };
    query.set('status', place.status);
    return { list: { path: `orderDashboards/search/findByStatus?${query}` } };
}

/** Finds the order of that id, else the orders of that customer. */
function finding(text, query) {
    const order = reading(`orderDashboards/search/findByOrderId?${new URLSearchParams({ id: text, size: 1 })}`);
    const path = `orderDashboards/search/findByCustomerId?${query}&${new URLSearchParams({ customerId: text })}`;
    let customer = reading(path);
    let found = null;
    return async (signal) => {
        const news = await order(signal);
        if (news) {
            found = news;
            // What it had answered may not be shown any more.
            customer = reading(path);
        }
        return found.page.totalElements ? news : customer(signal);
    };
}

export function draw(place, { list }) {
    const rows = list.value?._embedded.orderDashboards;
    const page = list.value?.page;
    return [
        make(
            'div', { class: 'title', 'data-key': 'title' }, heading(say('orders')),
            page ? make('p', { class: 'total' }, say('found-orders', { count: page.totalElements })) : null),
        make('div', { class: 'tools', 'data-key': 'tools' }, filter(place), search(place), order(place)),
        notice(list),
        rows ? null : list.error ? null : waiting(),
        rows && !rows.length ? empty(place, page) : null,
        rows?.length ? table(place, rows, list.isOld) : null,
        page ? pages(place, page) : null,
    ].filter(Boolean);
}

const filter = (place) =>
    make(
        'nav', { class: 'chips', 'aria-label': say('filter') },
        ['', ...statuses].map((status) =>
            make(
                'a', {
                    href: address(place, { status, find: '' }),
                    'aria-current': status === place.status && !place.find ? 'true' : null,
                },
                status ? name('status', status) : say('all'))));

const search = (place) =>
    make(
        'form', { role: 'search', class: 'search' },
        make('label', { for: 'find', class: 'unseen' }, say('find')),
        make('input', {
            id: 'find', name: 'find', type: 'search', value: place.find, placeholder: say('find'), autocomplete: 'off',
            maxlength: 200, spellcheck: 'false', enterkeyhint: 'search',
        }),
        make('button', { type: 'submit' }, say('search')),
        place.find ? make('a', { class: 'clear', href: address(place, { find: '' }) }, say('clear')) : null);

/** The choice of the order of rows where the table has no head: on a phone. */
const order = (place) =>
    make(
        'label', { class: 'sorting' }, make('span', {}, say('sortBy')),
        make(
            'select', { id: 'sort' },
            columns.filter(([, sort]) => sort).flatMap(([key, sort]) =>
                [true, false].map((descending) =>
                    make(
                        'option', {
                            value: `${sort},${descending ? 'desc' : 'asc'}`,
                            selected: sort === place.sort && descending === place.descending,
                        },
                        `${say(key)} ${descending ? '↓' : '↑'}`)))));

function empty(place, page) {
    if (page.totalElements) {
        return make(
            'p', { class: 'empty', 'data-key': 'empty' }, say('pageTooFar'), ' ',
            make('a', { href: address(place, { page: 1 }) }, say('firstPage')));
    }
    const isNarrowed = place.find || place.status;
    return make(
        'p', { class: 'empty', 'data-key': 'empty' },
        place.find ? [say('nothingFound'), ' ', make('bdi', {}, place.find)] : say(isNarrowed ? 'noneOfStatus' : 'noOrdersYet'),
        ' ', isNarrowed ? make('a', { href: address(place, { find: '', status: '' }) }, say('showAll')) : null);
}

const table = (place, rows, isOld) =>
    make(
        'div', { class: 'wide', 'data-key': 'table' },
        make(
            'table', { class: 'orders stacked', role: 'table', 'aria-busy': isOld ? 'true' : null },
            make('caption', { class: 'unseen' }, say('ordersCaption')),
            make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, columns.map((column) => head(place, ...column)))),
            make('tbody', { role: 'rowgroup' }, rows.map((row) => line(place, row)))));

function head(place, key, sort) {
    const isHere = sort && sort === place.sort;
    const attributes = {
        scope: 'col', role: 'columnheader', class: key === 'amount' ? 'right' : null,
        'aria-sort': isHere ? (place.descending ? 'descending' : 'ascending') : null,
    };
    if (!sort) return make('th', attributes, say(key));
    const descending = isHere ? !place.descending : true;
    return make(
        'th', attributes,
        make(
            'a', { href: address(place, { sort, descending }) }, say(key),
            make('span', { class: 'arrow', 'aria-hidden': 'true' }, isHere ? (place.descending ? '↓' : '↑') : '')));
}

function line(place, row) {
    const cell = (key, ...content) =>
        make('td', { role: 'cell', 'data-label': say(key), class: key === 'amount' ? 'right' : null }, content);
    return make(
        'tr', { role: 'row', 'data-key': row.orderId, 'data-order': row.orderId },
        make(
            'th', { scope: 'row', role: 'rowheader', class: 'id' },
            make('a', { href: address(place, { order: row.orderId, page: place.page }), dir: 'auto' }, row.orderId)),
        cell('placed', moment(row.placedAt, true)), cell('customer', foreign(row.customerId)),
        cell('amount', money(row.amount, row.currency)), cell('status', badge('status', row.status)),
        cell('payment', badge('payment', row.paymentStatus)), cell('delivery', badge('delivery', row.fulfilmentStatus)),
        cell('changed', moment(row.updatedAt, true)));
}

function pages(place, page) {
    if (page.totalPages < 2) return null;
    const here = page.number + 1;
    const link = (key, number, isThere) =>
        isThere
            ? make('a', { class: 'button', href: address(place, { page: number }), rel: key }, say(key))
            : make('span', { class: 'button off', 'aria-disabled': 'true' }, say(key));
    return make(
        'nav', { class: 'pages', 'aria-label': say('pages'), 'data-key': 'pages' },
        link('prev', here - 1, here > 1),
        make('span', {}, say('pageOf', { here: number(here), all: number(page.totalPages) })),
        link('next', here + 1, here < page.totalPages));
}
