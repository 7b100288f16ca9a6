// Small comforts on every page: htmx, keys in lists, focus on errors, running sums, one submission a click. Decides nothing; every page works without it.
import './site.css';
import 'htmx.org';
import { keepDrafts } from './autosave';

document.addEventListener('DOMContentLoaded', focusErrors);
document.addEventListener('htmx:after:swap', focusErrors);
document.addEventListener('keydown', moveInList);
document.addEventListener('input', (event) => sumUp(event.target));
document.addEventListener('submit', submitOnce);
keepDrafts();
phrases();
document.addEventListener('htmx:after:swap', phrases);
document.addEventListener('click', usePhrase);
window.addEventListener('pageshow', () => document.querySelectorAll('form[data-sent]').forEach(release));

/** The error summary takes the focus, so that the first thing read is what is wrong. */
function focusErrors(): void {
  document.querySelector<HTMLElement>('.error-summary')?.focus();
}

/** Buttons with a person's phrases show only where they work. */
function phrases(): void {
  document.querySelectorAll<HTMLElement>('[data-phrase][hidden]').forEach((button) => (button.hidden = false));
}

/** A press on [data-phrase=ID] puts its words into that field, after what stands there. */
function usePhrase(event: MouseEvent): void {
  const button = (event.target as HTMLElement).closest<HTMLElement>('[data-phrase]');
  const field = button && document.getElementById(button.dataset.phrase ?? '');
  if (!button || !(field instanceof HTMLTextAreaElement)) return;
  field.value = [field.value.trimEnd(), button.textContent ?? ''].filter(Boolean).join('\n');
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.focus();
}

/** In a [data-list], ↓ ↑ or j k go from row to row ([data-row], a link or holding one); Enter then follows the link by itself. */
function moveInList(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  const target = event.target as HTMLElement;
  if (!step || event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, [contenteditable]')) return;
  const list = target.closest('[data-list]') ?? (target === document.body ? document.querySelector('[data-list]') : null);
  if (!list) return;
  const links = [...list.querySelectorAll<HTMLElement>('[data-row]')].map((row) => (row.matches('a') ? row : row.querySelector<HTMLElement>('a')));
  const next = links[links.findIndex((link) => link === document.activeElement) + step];
  if (next) {
    next.focus();
    event.preventDefault();
  }
}

/** <output data-sum="score"> shows the sum of the form's [data-part="score"] fields, in whole hundredths, so 0.1 + 0.2 is 0.3. */
function sumUp(changed: EventTarget | null): void {
  const name = (changed as HTMLElement | null)?.dataset?.part;
  const form = (changed as HTMLInputElement | null)?.form;
  if (!name || !form) return;
  const parts = [...form.querySelectorAll<HTMLInputElement>(`[data-part="${name}"]`)];
  const hundredths = parts.reduce((sum, part) => sum + Math.round((Number(part.value) || 0) * 100), 0);
  const text = (hundredths / 100).toFixed(2).replace(/\.?0+$/, '');
  form.querySelectorAll<HTMLOutputElement>(`output[data-sum="${name}"]`).forEach((output) => (output.value = text));
}

/** A second press while the first is on its way does nothing; the server's command ids are the real guard. */
function submitOnce(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || form.method !== 'post' || form.hasAttribute('hx-post')) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = 'true';
  form.setAttribute('aria-busy', 'true');
}

function release(form: Element): void {
  form.removeAttribute('data-sent');
  form.removeAttribute('aria-busy');
}
