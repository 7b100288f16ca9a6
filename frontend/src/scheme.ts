// Saves a form[data-scheme-form] while it is filled in and shows at the fields what the server's check says; checks nothing itself.
//
// The form is posted as a press on 保存 would post it. The page that comes back brings every part marked data-live (by its id), the fields' aria marks and the
// version that the next saving names; nothing of what is typed is touched. Until the server has it the words of data-saving or data-unsaved stand at [data-said].
// A refused saving (somebody else saved meanwhile) is shown with the server's words, and saving by itself ends: the person presses 保存 or reloads.
const PAUSE = 700; // milliseconds after the last change
const AGAIN = 5000; // until the next try when the server was not reached

class SchemeForm {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private saving: Promise<void> = Promise.resolve();
  private changed = false;
  private busy = false;
  private stopped = false;

  constructor(private readonly form: HTMLFormElement) {
    for (const kind of ['input', 'change']) form.addEventListener(kind, () => this.later());
    form.addEventListener('submit', (event) => this.submitted(event), { capture: true });
    addEventListener('pagehide', () => this.now());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && this.now());
  }

  private later(pause = PAUSE): void {
    this.changed = true;
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => this.now(), pause);
  }

  private now(): void {
    if (!this.changed || this.stopped) return;
    clearTimeout(this.timer);
    this.saving = this.saving.then(() => this.save());
  }

  private async save(): Promise<void> {
    if (!this.changed || this.stopped) return;
    this.changed = false;
    this.busy = true;
    this.say(this.form.dataset.saving ?? '');
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) if (typeof value === 'string') fields.append(name, value);
    try {
      const answer = await fetch(this.form.action, { method: 'POST', body: fields, headers: { Accept: 'text/html' }, keepalive: String(fields).length < 60_000 });
      this.stopped = !answer.ok;
      this.show(new DOMParser().parseFromString(await answer.text(), 'text/html'), new URL(answer.url).searchParams.get('saved'));
    } catch {
      this.say(this.form.dataset.unsaved ?? '');
      this.later(AGAIN);
    } finally {
      this.busy = false;
    }
  }

  private show(answer: Document, version: string | null): void {
    const own = this.form.elements.namedItem('version') as HTMLInputElement;
    own.value = version ?? answer.querySelector<HTMLInputElement>('[name=version]')?.value ?? own.value;
    for (const part of answer.querySelectorAll<HTMLElement>('[data-live]')) {
      const here = document.getElementById(part.id);
      if (here && here.innerHTML !== part.innerHTML) here.innerHTML = part.innerHTML;
    }
    for (const part of answer.querySelectorAll<HTMLElement>('[data-item]')) {
      const here = this.form.querySelector(`[data-item="${CSS.escape(part.dataset.item ?? '')}"]`);
      if (here) here.className = part.className;
    }
    for (const field of this.form.querySelectorAll<HTMLElement>('[id^="p-"][name]')) marks(field, answer.getElementById(field.id));
    this.say(answer.querySelector('[data-said]')?.textContent ?? '');
  }

  /** A press while a saving is on its way waits for it, so that one's own saving is not taken for somebody else's. */
  private submitted(event: SubmitEvent): void {
    clearTimeout(this.timer);
    this.changed = false;
    if (!this.busy) return;
    event.preventDefault();
    event.stopPropagation();
    void this.saving.then(() => this.form.requestSubmit(event.submitter as HTMLElement | null));
  }

  private say(words: string): void {
    for (const place of this.form.querySelectorAll('[data-said]')) place.textContent = words;
  }
}

/** A field is marked wrong, and described by its message, exactly when the answer's is. */
function marks(field: HTMLElement, answered: HTMLElement | null): void {
  for (const name of ['aria-invalid', 'aria-describedby']) {
    const value = answered?.getAttribute(name) ?? null;
    if (value === null) field.removeAttribute(name);
    else field.setAttribute(name, value);
  }
}

document.querySelectorAll<HTMLFormElement>('form[data-scheme-form]').forEach((form) => new SchemeForm(form));
