// Makes the palette and the buttons beside an element reachable: with the tabulator, Enter and space, and with a title under the mouse.

export class Reach {
  static readonly $inject = ['canvas'];

  constructor(canvas: { getContainer(): HTMLElement }) {
    const container = canvas.getContainer();
    const reach = () => container.querySelectorAll<HTMLElement>('.djs-palette .entry:not([tabindex]), .djs-context-pad .entry:not([tabindex])').forEach((entry) => {
      const words = entry.getAttribute('aria-label') ?? entry.getAttribute('title') ?? '';
      entry.setAttribute('tabindex', '0');
      entry.setAttribute('role', 'button');
      entry.setAttribute('aria-label', words);
      entry.title = words;
    });
    new MutationObserver(reach).observe(container, { childList: true, subtree: true });
    reach();
    container.addEventListener('keydown', (event) => {
      const entry = (event.target as HTMLElement).closest<HTMLElement>('.djs-palette .entry, .djs-context-pad .entry');
      if (!entry || (event.key !== 'Enter' && event.key !== ' ')) return;
      event.preventDefault();
      event.stopPropagation();
      entry.click();
    }, { capture: true });
  }
}
