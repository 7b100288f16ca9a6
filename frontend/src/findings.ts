// What the server's checker says of a file: asks it when the file changed, shows the list; what a click on a finding does is the island's.
import './findings.css';
import { ask, button, make, Unanswered } from './page';
import { t } from './words';

export interface Finding {
  /** element id in the file; "" for the file as a whole */
  element: string;
  /** 1-based line of the XML that was sent; 0 when there is none */
  line: number;
  severity: 'error' | 'warning' | 'note';
  /** names the thing and the way out */
  message: string;
  /** element ids of the steps that lead there, in order, when the finding is about a way through the diagram */
  path?: string[];
}

export const SEVERITIES: Record<Finding['severity'], [sign: string, words: string]> = { error: ['▲', '错误'], warning: ['◆', '提醒'], note: ['●', '说明'] };

const PAUSE = 800; // milliseconds without a change before the server is asked

/** Asks data-check-url (POST, the XML as body) after changes, and hands on what it answers: {findings: [Finding, …]}. */
export class Checker {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;

  constructor(private readonly url: string, private readonly csrf: string, private readonly xml: () => Promise<string>, private readonly told: (findings: Finding[] | null, why: string) => void) {}

  later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.now(), PAUSE);
  }

  async now(): Promise<void> {
    clearTimeout(this.timer);
    const mine = ++this.asked;
    try {
      const answer = await ask(this.url, { method: 'POST', body: await this.xml(), headers: { 'Content-Type': 'application/xml', 'X-CSRF-Token': this.csrf, Accept: 'application/json' } });
      const given = (await answer.json()) as Finding[] | { findings: Finding[] };
      if (mine === this.asked) this.told(Array.isArray(given) ? given : given.findings, '');
    } catch (error) {
      if (mine !== this.asked) return;
      const reason = error instanceof Unanswered ? error.message : String(error);
      this.told(null, t('没有检查成（{reason}），改动后会再试。', { reason }));
    }
  }
}

/** The list under a drawing: errors first, each line a button. */
export class FindingsList {
  readonly heading = make('h2', { class: 'findings-heading' }, t('检查结果'));
  private readonly summary = make('span', { class: 'findings-summary', role: 'status' });
  private readonly list = make('ol', { class: 'findings-list' });
  readonly section = make('section', { class: 'findings', 'aria-label': t('检查结果') }, make('div', { class: 'findings-head' }, this.heading, this.summary), this.list);

  constructor(private readonly name: (element: string) => string, private readonly choose: (finding: Finding) => void) {}

  wait(): void {
    this.section.setAttribute('aria-busy', 'true');
  }

  show(findings: Finding[] | null, why = ''): void {
    this.section.removeAttribute('aria-busy');
    this.section.dataset.state = findings === null ? 'unknown' : findings.some((one) => one.severity === 'error') ? 'error' : findings.length ? 'warning' : 'ok';
    if (findings === null) {
      this.summary.textContent = why;
      return;
    }
    this.summary.textContent = findings.length ? counted(findings) : t('没有发现问题');
    const order = Object.keys(SEVERITIES);
    const late = (one: Finding) => (one.path?.length ? 0 : 1); // what has a way to show explains what merely cannot be reached
    const sorted = [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || late(a) - late(b));
    this.list.replaceChildren(...sorted.map((finding) => {
      const [sign, words] = SEVERITIES[finding.severity];
      const item = button('', () => this.choose(finding), { class: `finding finding-${finding.severity}`, 'data-element': finding.element });
      const where = finding.element ? this.name(finding.element) : '';
      item.append(make('span', { class: 'finding-kind' }, `${sign} ${t(words)}`), make('span', { class: 'finding-where' }, where), make('span', {}, finding.message));
      return make('li', {}, item);
    }));
  }
}

export function counted(findings: Finding[]): string {
  return (Object.keys(SEVERITIES) as Finding['severity'][]).flatMap((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    return count ? [`${SEVERITIES[severity][0]} ${t(SEVERITIES[severity][1])} ${count}`] : [];
  }).join('　');
}
