// Keeps what is typed into a form[data-draft] on the server while it is typed; sends nothing else and never submits the form.
// The form's address for drafts stands in data-draft; what is said about it goes to [data-draft-said=ID OF THE FORM].

const PAUSE = 5000; // milliseconds between two savings at least
const waiting = new WeakMap<HTMLFormElement, ReturnType<typeof setTimeout>>();
const last = new WeakMap<HTMLFormElement, number>();

/** Watches all forms of the page, those that come later too. */
export function keepDrafts(): void {
  for (const kind of ['input', 'change', 'banli:uploaded']) document.addEventListener(kind, (event) => later(formOf(event.target)));
  document.addEventListener('focusout', (event) => waitingAt(formOf(event.target)));
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && forms().forEach(waitingAt));
  document.addEventListener('submit', (event) => stop(event.target as HTMLFormElement));
  addEventListener('pagehide', () => forms().forEach(waitingAt));
}

function forms(): HTMLFormElement[] {
  return [...document.querySelectorAll<HTMLFormElement>('form[data-draft]')];
}

function formOf(target: EventTarget | null): HTMLFormElement | null {
  return (target as HTMLElement | null)?.closest?.<HTMLFormElement>('form[data-draft]') ?? null;
}

function later(form: HTMLFormElement | null): void {
  if (!form || waiting.has(form) || form.dataset.sent) return;
  const pause = Math.max(0, (last.get(form) ?? 0) + PAUSE - Date.now());
  waiting.set(form, setTimeout(() => void save(form), Math.max(pause, 1000)));
}

/** The field was left or the page goes away: what is still waiting goes now, unless one went less than PAUSE ago and the page stays. */
function waitingAt(form: HTMLFormElement | null): void {
  if (!form || !waiting.has(form)) return;
  const leaving = document.visibilityState === 'hidden';
  if (!leaving && (last.get(form) ?? 0) + PAUSE > Date.now()) return;
  stop(form);
  void save(form);
}

function stop(form: HTMLFormElement): void {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
}

async function save(form: HTMLFormElement): Promise<void> {
  waiting.delete(form);
  if (form.dataset.sent || !form.dataset.draft) return;
  last.set(form, Date.now());
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') fields.append(name, value);
  const place = document.querySelector<HTMLElement>(`[data-draft-said="${form.id}"]`);
  const failed = place?.dataset.failed ?? '';
  try {
    const answer = await fetch(form.dataset.draft, { method: 'POST', body: fields, headers: { Accept: 'text/plain' }, redirect: 'error', keepalive: String(fields).length < 60_000 });
    const text = answer.headers.get('Content-Type')?.startsWith('text/plain') ? await answer.text() : '';
    if (place) place.textContent = answer.ok && text ? text : failed;
  } catch {
    if (place) place.textContent = failed;
    later(form);
  }
}
