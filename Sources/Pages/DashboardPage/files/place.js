// The place at which the reader is: view, filter, sort, page and selection, as the address holds them.

export const sorts = ['placedAt', 'updatedAt', 'amount', 'status', 'deliveryStatus'];
export const ranges = [1, 7, 30, 90];
export const pageSize = 20;

const first = { view: 'overview', days: 7, status: '', find: '', sort: 'placedAt', descending: true, page: 1, order: '' };

/** Reads the address; what it does not say, or says wrongly, is as at the start. */
export function read(search = location.search) {
    const query = new URLSearchParams(search);
    const place = { ...first };
    const [sort, direction] = (query.get('sort') ?? '').split(',');
    if (sorts.includes(sort)) Object.assign(place, { sort, descending: direction !== 'asc' });
    if (ranges.includes(Number(query.get('days')))) place.days = Number(query.get('days'));
    const page = Number(query.get('page'));
    if (Number.isInteger(page) && page >= 1 && page <= 1_000_000) place.page = page;
    place.status = query.get('status') ?? '';
    place.find = (query.get('find') ?? '').trim().slice(0, 200);
    place.order = query.get('order') ?? '';
    place.view = place.order ? 'order' : query.get('view') === 'orders' ? 'orders' : 'overview';
    return place;
}

/** Returns the address of a place. A filter or another sort begins at the first page. */
export function address(place, change = {}) {
    const next = { ...place, ...change };
    if (!('page' in change) && !('order' in change)) next.page = 1;
    const query = new URLSearchParams();
    if (next.order) query.set('order', next.order);
    else if (next.view === 'orders') query.set('view', 'orders');
    if (next.view === 'overview' && !next.order && next.days !== first.days) query.set('days', next.days);
    if (next.view !== 'overview' || next.order) {
        if (next.status) query.set('status', next.status);
        if (next.find) query.set('find', next.find);
        if (next.sort !== first.sort || next.descending !== first.descending) {
            query.set('sort', `${next.sort},${next.descending ? 'desc' : 'asc'}`);
        }
        if (next.page > 1) query.set('page', next.page);
    }
    return `?${query}`;
}

/** Goes to an address, which the button "back" leaves again. */
export function go(target) {
    if (target === location.search || (target === '?' && !location.search)) return;
    history.pushState(null, '', target === '?' ? location.pathname : target);
    dispatchEvent(new PopStateEvent('popstate'));
}

/** Makes links within the page change the place, and calls `show` whenever it has changed. */
export function follow(show) {
    addEventListener('popstate', show);
    document.addEventListener('click', (event) => {
        const link = event.target.closest?.('a[href^="?"]');
        if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(link.getAttribute('href'));
    });
}
