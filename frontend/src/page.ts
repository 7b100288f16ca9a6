// What every island does with its page: starts once per place, makes elements, asks the server; knows no diagram.
import { t } from './words';

type Made = Partial<Record<string, string | number | boolean | null | ((event: Event) => void)>>;

/** An element with attributes (on…: listeners; true and false: present and absent) and children (text or elements). */
export function make<Name extends keyof HTMLElementTagNameMap>(name: Name, attributes: Made = {}, ...children: (string | Node)[]): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, String(value));
  }
  element.append(...children);
  return element;
}

export function button(words: string, press: () => void, more: Made = {}): HTMLButtonElement {
  return make('button', { type: 'button', class: 'btn btn-sm', onclick: press, ...more }, words);
}

/** An answer that is not 2xx; `status` 0: the server was not reached. */
export class Unanswered extends Error {
  constructor(readonly status: number, readonly answer = '') {
    super(status ? t('服务器回答 {status}', { status }) : t('连不上服务器'));
  }
}

export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  const answer = await fetch(url, { credentials: 'same-origin', ...init }).catch(() => {
    throw new Unanswered(0);
  });
  if (!answer.ok) throw new Unanswered(answer.status, await answer.text().catch(() => ''));
  return answer;
}

export async function askText(url: string): Promise<string> {
  return (await ask(url)).text();
}

export async function askJson<Shape>(url: string): Promise<Shape> {
  return (await ask(url, { headers: { Accept: 'application/json' } })).json() as Promise<Shape>;
}

/**
 * Starts the island on every [data-<name>] of the page, now and after htmx brought new parts. What was in the place stays until `start` replaces it;
 * when it fails the place says so and keeps what was there. Then data-ready is "ok" or "failed".
 */
export function island(name: string, what: string, start: (place: HTMLElement) => Promise<void>): void {
  const begin = () => document.querySelectorAll<HTMLElement>(`[data-${name}]:not([data-started])`).forEach((place) => void open(place));
  const open = async (place: HTMLElement) => {
    place.dataset.started = 'true';
    const fallback = [...place.childNodes];
    try {
      await start(place);
      place.dataset.ready = 'ok';
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      place.replaceChildren(make('p', { role: 'alert' }, t('{what}没有打开（{reason}）。请刷新页面；仍不行时请联系系统管理员。', { what, reason })), ...fallback);
      place.dataset.ready = 'failed';
      if (!(error instanceof Unanswered)) console.error(error);
    }
  };
  begin();
  document.addEventListener('htmx:after:swap', begin);
}
