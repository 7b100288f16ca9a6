// Keeps a working copy while it is edited: at once in the browser, a little later on the server; nothing typed is lost when either goes away.
//
// data-draft-url  GET: 200 {xml, saved_at, revision?, by?}, or 204 or 404 when there is no draft.
//                 PUT: body the XML, headers X-CSRF-Token, If-Match: the revision this copy came from (absent before the first draft is known);
//                      200 {saved_at, revision?}; 409 or 412 {saved_at, by?}: somebody saved another copy meanwhile; 4xx with text: refused.
import { ask, button, make, Unanswered } from './page';
import { clockTime, moment, t } from './words';

interface Draft { xml: string; saved_at: string; revision?: string; by?: string }
interface Saved { saved_at: string; revision?: string }
/** What the browser keeps until the server has it. */
interface Kept { xml: string; at: string; revision?: string | undefined }

const PAUSE = 1500; // milliseconds without a change before the server is asked to keep it
const AGAIN = 10_000; // milliseconds before an unreachable server is asked again

export interface Opened {
  xml: string;
  /** where it came from: the published file, the server's draft, or the browser's copy that the server does not have */
  from: 'file' | 'draft' | 'browser';
}

export class Drafts {
  readonly status = make('span', { class: 'draft-status', role: 'status' });
  readonly notice = make('div', { class: 'draft-notice', role: 'alert', hidden: true });
  private readonly key: string;
  private revision: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private saving: Promise<void> = Promise.resolve();
  private dirty = false;
  private stopped = false; // another copy is on the server: nothing is sent until a person has chosen
  private refused = false; // the last saving was not taken

  constructor(private readonly url: string, private readonly csrf: string, private readonly xml: () => Promise<string>, private readonly replace: (xml: string) => Promise<void>) {
    this.key = `banli:draft:${url}`;
    addEventListener('online', () => this.dirty && this.later(0));
    addEventListener('beforeunload', (event) => {
      if (this.dirty && !this.kept()) event.preventDefault(); // neither place has it: let the browser ask
    });
  }

  /** The newest copy: what the browser kept and the server never got, else the server's draft, else `file`. */
  async open(file: () => Promise<string>): Promise<Opened> {
    const [draft, kept] = [await this.onServer(), this.kept()];
    this.revision = draft?.revision;
    const original = draft?.xml ?? (await file());
    if (kept && kept.xml !== original) {
      const foreign = draft !== null && kept.revision !== draft.revision;
      this.stopped = foreign;
      this.dirty = true;
      const at = moment(new Date(kept.at));
      this.offer(foreign ? t('本机有 {at} 未上传的修改，服务器上另有{by}保存的草稿（{saved}）。', { at, by: draft.by ?? '', saved: moment(new Date(draft.saved_at)) }) : t('已恢复本机 {at} 未上传的修改。', { at }),
        [t('用本机的'), () => this.keepMine()], [t('放弃本机的修改'), () => this.takeTheirs(original, draft)]);
      if (!foreign) this.later();
      return { xml: kept.xml, from: 'browser' };
    }
    this.forget();
    if (draft) this.say(t('草稿 {at}', { at: moment(new Date(draft.saved_at)) }));
    return { xml: original, from: draft ? 'draft' : 'file' };
  }

  /** To be called after every change. */
  async changed(): Promise<void> {
    this.dirty = true;
    this.keep(await this.xml());
    if (!this.stopped) this.later();
  }

  /** Saves now what is not saved; rejects when the server does not take it. */
  async flush(): Promise<void> {
    this.refused = false;
    do { // once more when a field that was just left changed the drawing while the last saving was on its way
      clearTimeout(this.timer);
      await this.saving;
      if (this.dirty) await this.save();
    } while (this.dirty && !this.refused && !this.stopped);
    if (this.dirty) throw new Unanswered(0, this.status.textContent ?? '');
  }

  private later(pause = PAUSE): void {
    clearTimeout(this.timer);
    this.say(t('正在保存…'));
    this.timer = setTimeout(() => void this.save(), pause);
  }

  private save(): Promise<void> {
    this.saving = this.saving.then(() => this.send());
    return this.saving;
  }

  private async send(): Promise<void> {
    if (this.stopped) return;
    const xml = await this.xml();
    try {
      const headers: Record<string, string> = { 'Content-Type': 'application/xml', 'X-CSRF-Token': this.csrf, Accept: 'application/json' };
      if (this.revision !== undefined) headers['If-Match'] = this.revision;
      const saved = (await (await ask(this.url, { method: 'PUT', body: xml, headers })).json()) as Saved;
      this.revision = saved.revision ?? this.revision;
      if (xml !== (await this.xml())) return this.later(); // went on meanwhile
      this.dirty = false;
      this.forget();
      this.say(t('已保存 {time}', { time: clockTime(new Date(saved.saved_at)) }));
    } catch (error) {
      this.failed(error, xml);
    }
  }

  private failed(error: unknown, xml: string): void {
    this.refused = true;
    const status = error instanceof Unanswered ? error.status : -1;
    const kept = this.keep(xml);
    if (status === 409 || status === 412) {
      this.stopped = true;
      const { saved_at, by } = parsed((error as Unanswered).answer);
      this.say(t('没有保存到服务器'));
      this.offer(t('{by}在 {at} 保存了另一份草稿。', { by: by ?? t('另一处'), at: saved_at ? moment(new Date(saved_at)) : t('刚才') }),
        [t('用我的覆盖'), () => this.keepMine()], [t('载入那一份'), () => this.reload()]);
      return;
    }
    const where = kept ? t('已存在本机') : t('本机也没有存下，请不要关闭页面');
    if (status === 0 || status >= 500) {
      this.say(t('连不上服务器，{where}，稍后再传', { where }));
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.save(), AGAIN);
    } else {
      this.say(t('服务器没有收下（{reason}），{where}', { reason: error instanceof Error ? error.message : String(error), where }));
    }
  }

  private async onServer(): Promise<Draft | null> {
    try {
      const answer = await ask(this.url, { headers: { Accept: 'application/json' } });
      return answer.status === 204 ? null : ((await answer.json()) as Draft);
    } catch (error) {
      if (error instanceof Unanswered && error.status === 404) return null;
      throw error;
    }
  }

  private async keepMine(): Promise<void> {
    this.notice.hidden = true;
    this.stopped = false;
    this.revision = (await this.onServer())?.revision; // known now, and overwritten knowingly
    this.later(0);
  }

  private async takeTheirs(xml: string, draft: Draft | null): Promise<void> {
    this.notice.hidden = true;
    this.stopped = false;
    this.dirty = false;
    this.forget();
    this.revision = draft?.revision;
    clearTimeout(this.timer);
    await this.replace(xml);
    this.say(draft ? t('草稿 {at}', { at: moment(new Date(draft.saved_at)) }) : '');
  }

  private async reload(): Promise<void> {
    const draft = await this.onServer();
    if (draft) await this.takeTheirs(draft.xml, draft);
  }

  private offer(words: string, ...choices: [string, () => Promise<void>][]): void {
    this.notice.replaceChildren(make('span', {}, words), ...choices.map(([label, act]) => button(label, () => void act())));
    this.notice.hidden = false;
  }

  private say(words: string): void {
    this.status.textContent = words;
    this.status.dataset.dirty = String(this.dirty);
  }

  private keep(xml: string): boolean {
    try {
      localStorage.setItem(this.key, JSON.stringify({ xml, at: new Date().toISOString(), revision: this.revision } satisfies Kept));
      return true;
    } catch {
      return false; // full, or switched off
    }
  }

  private kept(): Kept | null {
    try {
      return JSON.parse(localStorage.getItem(this.key) ?? 'null') as Kept | null;
    } catch {
      return null;
    }
  }

  private forget(): void {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // then nothing was kept either
    }
  }
}

/** Every form[data-after-draft] of the page is sent only when the server has the draft. */
export function sendAfterDraft(drafts: Drafts): void {
  document.querySelectorAll<HTMLFormElement>('form[data-after-draft]').forEach((form) => sendAfter(form, drafts));
}

function sendAfter(form: HTMLFormElement, drafts: Drafts): void {
  let saved = false;
  form.addEventListener('submit', (event) => {
    if (saved) return;
    event.preventDefault();
    event.stopPropagation();
    const submitter = (event as SubmitEvent).submitter as HTMLElement | null;
    drafts.flush().then(() => {
      saved = true;
      setTimeout(() => form.requestSubmit(submitter)); // not while this very event is still on its way: a form ignores that
    }, () => drafts.status.scrollIntoView({ block: 'center' }));
  }, { capture: true });
}

function parsed(answer: string): { saved_at?: string; by?: string } {
  try {
    return JSON.parse(answer) as { saved_at?: string; by?: string };
  } catch {
    return {};
  }
}
