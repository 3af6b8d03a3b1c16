// One order: its fields, its lines, what happened to it and when, and the same as JSON.

import { make } from './dom.js';
import { reading } from './feed.js';
import { money, number } from './format.js';
import { address } from './place.js';
import { badge, copyButton, foreign, heading, moment, notice, waiting } from './status.js';
import { name, say } from './words.js';

export const title = (place) => place.order;

export const sources = (place) => ({ row: { path: `order ${place.order}`, load: telling(place.order) } });

/** Reads the row, and the story of an order that exists: another one would be answered with an error. */
function telling(id) {
    const row = reading(`orderDashboards/search/findByOrderId?${new URLSearchParams({ id, size: 1 })}`);
    const story = reading(`orderDashboards/${encodeURIComponent(id)}/story`);
    const known = { order: undefined, story: null };
    return async (signal) => {
        const rows = await row(signal);
        if (rows) known.order = rows._embedded.orderDashboards[0] ?? null;
        const news = known.order ? await story(signal) : null;
        if (news) known.story = news;
        return rows || news ? { ...known } : null;
    };
}

export function draw(place, { row }) {
    const { order, story } = row.value ?? {};
    const top = [
        make(
            'p', { class: 'trail', 'data-key': 'trail' },
            make('a', { href: address(place, { order: '', view: 'orders', page: place.page }) }, `← ${say('orders')}`)),
        make(
            'div', { class: 'title', 'data-key': 'title' },
            heading(make('span', { class: 'unseen' }, `${say('order')} `), make('bdi', {}, place.order)),
            copyButton(place.order, say('order')), order ? badge('status', order.status) : null),
        notice(row),
    ];
    if (!row.value) return [...top, row.error ? null : waiting()].filter(Boolean);
    if (!order) {
        return [...top, make('p', { class: 'empty', 'data-key': 'empty' }, say('noSuchOrder'))].filter(Boolean);
    }
    return [
        ...top, steps(order),
        make(
            'div', { class: 'columns story', 'data-key': 'columns' },
            make('div', { class: 'stack' }, fields(order), lines(order, story?.items)),
            make('div', { class: 'stack' }, history(story?.history), raw(order, story))),
    ].filter(Boolean);
}

/** How far it is, from placed to delivered. */
function steps(order) {
    const done = [
        ['PLACED', order.placedAt], ['PAID', order.paidAt], ['SHIPPED', order.shippedAt], ['DELIVERED', order.deliveredAt],
    ];
    return make(
        'ol', { class: 'steps', 'aria-label': say('progress'), 'data-key': 'steps' },
        done.map(([step, time]) =>
            make(
                'li', { class: time ? 'done' : null, 'data-step': step },
                make('span', { class: 'name' }, name(step === 'PLACED' || step === 'PAID' ? 'status' : 'delivery', step)),
                time ? moment(time, true) : make('span', { class: 'none' }, say('notYet')))));
}

const card = (key, ...content) =>
    make(
        'section', { class: 'card', 'aria-labelledby': `h-${key}`, 'data-key': key },
        make('h2', { id: `h-${key}` }, say(key)), content);

function fields(order) {
    const field = (key, ...value) => make('div', {}, make('dt', {}, say(key)), make('dd', {}, value));
    const identifier = (key, value) => (value ? field(key, foreign(value), ' ', copyButton(value, say(key))) : null);
    return card(
        'details',
        make(
            'dl', { class: 'fields' },
            field('amount', money(order.amount, order.currency)),
            order.refundedAmount ? field('refunded', money(order.refundedAmount, order.currency)) : null,
            field('payment', badge('payment', order.paymentStatus)),
            field('delivery', badge('delivery', order.fulfilmentStatus)),
            identifier('customer', order.customerId), identifier('cart', order.cartId),
            field('branch', order.branchId === undefined ? '–' : number(order.branchId)),
            identifier('paymentId', order.paymentId), identifier('deliveryId', order.deliveryId),
            identifier('tracking', order.trackingCode),
            order.failureReason ? field('reason', foreign(order.failureReason)) : null,
            field('messages', say('messagesSent', { count: order.messagesSent })),
            field('changed', moment(order.updatedAt))));
}

function lines(order, items) {
    if (!items?.length) return card('items', make('p', { class: 'empty' }, say('noItems')));
    const cell = (key, text) => make('td', { role: 'cell', class: 'right', 'data-label': say(key) }, text);
    return card(
        'items',
        make(
            'table', { class: 'small stacked', role: 'table' }, make('caption', { class: 'unseen' }, say('items')),
            make(
                'thead', { role: 'rowgroup' },
                make(
                    'tr', { role: 'row' }, make('th', { scope: 'col', role: 'columnheader' }, say('product')),
                    ['pieces', 'price', 'sum'].map((key) =>
                        make('th', { scope: 'col', role: 'columnheader', class: 'right' }, say(key))))),
            make(
                'tbody', { role: 'rowgroup' },
                items.map((item) =>
                    make(
                        'tr', { role: 'row' },
                        make(
                            'th', { scope: 'row', role: 'rowheader' },
                            item.name ? foreign(item.name) : say('sauce', { id: item.sauceId })),
                        cell('pieces', number(item.qty)), cell('price', money(item.price, order.currency)),
                        cell('sum', money(item.qty * item.price, order.currency)))))));
}

function history(events) {
    if (!events?.length) return card('history', make('p', { class: 'empty' }, say('noHistory')));
    return card(
        'history',
        make(
            'ol', { class: 'history' },
            events.map(({ type, at, traceId }) => {
                // For example sambal.delivery.DeliveryShipped.v1.
                const [, service, event] = type.split('.');
                return make(
                    'li', { 'data-event': event }, make('strong', {}, name('event', event)), moment(at),
                    make('small', {}, service),
                    traceId ? copyButton(traceId, say('trace')) : null);
            })),
        make('p', { class: 'hint' }, say('traceHint')));
}

function raw(order, story) {
    const { _links, ...own } = order;
    const text = JSON.stringify({ ...own, items: story?.items, history: story?.history }, null, 2);
    return card(
        'raw', copyButton(text, 'JSON'),
        make('pre', { tabindex: '0', role: 'group', 'aria-label': say('raw'), dir: 'ltr' }, make('code', {}, text)));
}
