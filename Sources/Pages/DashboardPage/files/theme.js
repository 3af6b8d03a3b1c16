// Runs before the page is drawn, so that it is never shown in the other theme first.
(() => {
    let chosen = null;
    try {
        chosen = localStorage.getItem('sambal.theme');
    } catch {
        // Storage may be forbidden: then the system's theme is shown.
    }
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
