// The group 办理设置: what clerks set about an element by pick lists, written as zeebe: elements and banli: attributes. Offers; the checker decides what is right.
import type { ComponentChildren } from '@bpmn-io/properties-panel/preact';
import { useState } from '@bpmn-io/properties-panel/preact/hooks';
import { t } from '../words';
import { type Candidate, isEach, readCandidates, writeCandidates } from './candidates';
import type { Context } from './context';
import { type Deadline, readDeadline, writeDeadline } from './deadline';
import { Count, type Entry, Feel, feel, type Option, Pick, pick, text, tick, ticks, withPresent } from './entries';
import { carrier, type Extensions, processOf, type Shape } from './extensions';

const OPERATIONS: [string, string][] = [['reassign', '转办'], ['delegate', '委派'], ['add_signer', '加签'], ['remove_signer', '减签'], ['extend', '延期'], ['urge', '催办']];
const REMINDERS: [string, string][] = [['-7', '前7个工作日'], ['-5', '前5个'], ['-3', '前3个'], ['-1', '前1个'], ['0', '到期当天'], ['1', '逾期1个'], ['3', '逾期3个']];
const OTHER = '\u0000other'; // no expression can be this
const DEFAULT_DAYS = 5;

/** The entries of 办理设置 for one element; empty when it has none. */
export class Handling {
  static readonly $inject = ['config.banliContext', 'banliExtensions', 'elementRegistry'];
  private readonly made = new Map<string, Entry[]>();

  constructor(private readonly context: Context, private readonly extensions: Extensions, private readonly elements: { filter(keep: (element: Shape) => boolean): Shape[] }) {}

  /** Kept by what they depend on: entries made afresh on every render would lose the focus of their fields. */
  entries(element: Shape): Entry[] {
    const type = element.businessObject.$type;
    const key = `${type} ${carrier(element).$type} ${this.extensions.read(element, 'zeebe:TaskDefinition', 'type') ?? ''}`;
    const known = this.made.get(key) ?? this.make(element, type);
    this.made.set(key, known);
    return known;
  }

  private make(element: Shape, type: string): Entry[] {
    const kinds: Record<string, () => Entry[]> = {
      'bpmn:UserTask': () => this.ofTask(),
      'bpmn:ServiceTask': () => this.ofOperation(element),
      'bpmn:SendTask': () => this.ofOperation(element),
      'bpmn:BusinessRuleTask': () => this.ofDecision(),
      'bpmn:CallActivity': () => this.ofCall(),
      'bpmn:Process': () => this.ofProcess(),
      'bpmn:Participant': () => (carrier(element).$type === 'bpmn:Process' ? this.ofProcess() : []),
      'bpmn:SequenceFlow': () => [this.flag('return', '退回线（画成虚线，往回走）')],
    };
    const own = kinds[type]?.() ?? [];
    return type === 'bpmn:Collaboration' || type === 'bpmn:Lane' ? [] : [...own, ...this.ofAll(type)];
  }

  private ofTask(): Entry[] {
    const { context, extensions } = this;
    return [
      { id: 'banli-candidates', component: ({ element, id }) => <Candidates element={element} id={id} context={context} read={(one) => extensions.read(one, 'zeebe:AssignmentDefinition', 'candidateGroups')}
        write={(one, value) => extensions.write(one, 'zeebe:AssignmentDefinition', { candidateGroups: value })} role={t('办理角色')} org={t('在哪个单位')} /> },
      pick({ id: 'banli-form', label: t('表单'), options: context.forms.map(({ id, title }) => ({ value: id, label: title })), none: { value: '', label: t('（不用表单，只有“办理完毕”）') },
        read: (one) => extensions.read(one, 'zeebe:FormDefinition', 'formId') ?? '', write: (one, value) => extensions.write(one, 'zeebe:FormDefinition', { formId: value || undefined }) }),
      { id: 'banli-due', component: ({ element, id }) => <Due element={element} id={id} context={context} extensions={extensions} /> },
      ticks({ id: 'banli-reminders', label: t('提醒（按工作日）'), options: REMINDERS.map(([value, label]) => ({ value, label: t(label) })), read: (one) => this.words(one, 'reminders'),
        write: (one, chosen) => extensions.writeAttribute(one, 'reminders', [...chosen].sort((a, b) => Number(a) - Number(b)).join(' ')) }),
      ticks({ id: 'banli-operations', label: t('允许的操作'), options: OPERATIONS.map(([value, label]) => ({ value, label: t(label) })), read: (one) => this.words(one, 'operations'), write: (one, chosen) => extensions.writeAttribute(one, 'operations', chosen.join(' ')) }),
      this.flag('withdraw', '下一环节未办之前可以撤回'),
      ticks({ id: 'banli-returnTo', label: t('可以退回到'), options: (element) => this.before(element), nothing: t('前面没有办理任务。'), read: (one) => this.words(one, 'returnTo'), write: (one, chosen) => extensions.writeAttribute(one, 'returnTo', chosen.join(' ')) }),
      tick({ id: 'banli-overdue', label: t('自愿环节，不算逾期'), read: (one) => extensions.attribute(one, 'overdue') === 'none', write: (one, value) => extensions.writeAttribute(one, 'overdue', value ? 'none' : '') }),
      { id: 'banli-escalateTo', component: ({ element, id }) => <Candidates element={element} id={id} context={context} single read={(one) => extensions.attribute(one, 'escalateTo') as string | undefined}
        write={(one, value) => extensions.writeAttribute(one, 'escalateTo', value)} role={t('逾期报告给')} org={t('报告给哪个单位')} /> },
      feel({ id: 'banli-about', label: t('办的是谁的事'), feel: 'required', help: t('列表中与任务名并列显示，如 nomination.id'), read: (one) => extensions.attribute(one, 'about') as string | undefined, write: (one, value) => extensions.writeAttribute(one, 'about', value) }),
    ];
  }

  private ofOperation(element: Shape): Entry[] {
    const { context, extensions } = this;
    const chosen = context.operations.find((one) => one.name === extensions.read(element, 'zeebe:TaskDefinition', 'type'));
    const inputs = (chosen?.inputs ?? []).map(({ name, label, required }) => {
      const field = { id: `banli-input-${name}`, label: label + (required ? t('（必填）') : ''), read: (one: Shape) => extensions.input(one, name), write: (one: Shape, value: string | undefined) => extensions.writeInput(one, name, value) };
      if (chosen?.name === 'notify' && name === 'template') {
        return pick({ ...field, options: context.texts.map(({ id, title }) => ({ value: id, label: title })), read: (one) => field.read(one) ?? '', write: (one, value) => field.write(one, value || undefined) });
      }
      return feel({ ...field, feel: 'optional' });
    });
    return [
      pick({ id: 'banli-operation', label: t('系统操作'), options: context.operations.map(({ name, label }) => ({ value: name, label })), read: (one) => extensions.read(one, 'zeebe:TaskDefinition', 'type') ?? '',
        write: (one, value) => extensions.write(one, 'zeebe:TaskDefinition', { type: value || undefined }) }),
      ...inputs,
      this.flag('job', '在后台完成（不让办理人等待）'),
    ];
  }

  private ofDecision(): Entry[] {
    const { context, extensions } = this;
    return [
      pick({ id: 'banli-decision', label: t('决策表'), options: context.decisions.map(({ id, name }) => ({ value: id, label: name })), read: (one) => extensions.read(one, 'zeebe:CalledDecision', 'decisionId') ?? '',
        write: (one, value) => extensions.write(one, 'zeebe:CalledDecision', { decisionId: value || undefined }) }),
      text({ id: 'banli-decision-result', label: t('结果存入变量'), check: (value) => (/^[\p{L}_][\p{L}\d_]*$/u.test(value) ? null : t('只能用字母、数字和下划线，不能以数字开头')), read: (one) => extensions.read(one, 'zeebe:CalledDecision', 'resultVariable') ?? '',
        write: (one, value) => extensions.write(one, 'zeebe:CalledDecision', { resultVariable: value || undefined }) }),
    ];
  }

  private ofCall(): Entry[] {
    const { context, extensions } = this;
    return [pick({ id: 'banli-called', label: t('调用的流程'), options: context.processes.map(({ id, name }) => ({ value: id, label: name })), read: (one) => extensions.read(one, 'zeebe:CalledElement', 'processId') ?? '',
      write: (one, value) => extensions.write(one, 'zeebe:CalledElement', { processId: value || undefined }) })];
  }

  private ofProcess(): Entry[] {
    const { context, extensions } = this;
    return [
      feel({ id: 'banli-title', label: t('事项名称'), feel: 'optional', help: t('每个事项在列表中的名称，如 ="推荐人选 · " + employer.name'), read: (one) => extensions.attribute(one, 'title') as string | undefined, write: (one, value) => extensions.writeAttribute(one, 'title', value) }),
      { id: 'banli-starters', component: ({ element, id }) => <Candidates element={element} id={id} context={context} read={(one) => extensions.attribute(one, 'starters') as string | undefined}
        write={(one, value) => extensions.writeAttribute(one, 'starters', value)} role={t('谁可以发起')} org={t('发起人在哪个单位')} /> },
      text({ id: 'banli-startedUnder', label: t('在哪个环节开放期间发起'), help: t('流程编号:环节编号，如 recommend:window'), check: (value) => (/^[\w.-]+:[\w.-]+$/.test(value) ? null : t('应写成“流程编号:环节编号”')),
        read: (one) => (extensions.attribute(one, 'startedUnder') as string | undefined) ?? '', write: (one, value) => extensions.writeAttribute(one, 'startedUnder', value) }),
    ];
  }

  private ofAll(type: string): Entry[] {
    const { context, extensions } = this;
    const inherited = type === 'bpmn:Process' || type === 'bpmn:Participant' ? undefined : { value: '', label: t('（随流程）') };
    return [
      pick({ id: 'banli-stage', label: t('所属阶段'), options: context.stages.map(({ id, name }) => ({ value: id, label: name })), ...(inherited ? { none: inherited } : {}), read: (one) => (extensions.attribute(one, 'stage') as string | undefined) ?? '',
        write: (one, value) => extensions.writeAttribute(one, 'stage', value) }),
      text({ id: 'banli-clause', label: t('依据条款'), help: t('如“五（二）”'), read: (one) => (extensions.attribute(one, 'clause') as string | undefined) ?? '', write: (one, value) => extensions.writeAttribute(one, 'clause', value.trim()) }),
    ];
  }

  private flag(name: string, label: string): Entry {
    return tick({ id: `banli-${name}`, label: t(label), read: (one) => this.extensions.attribute(one, name) === true, write: (one, value) => this.extensions.writeAttribute(one, name, value) });
  }

  private words(element: Shape, name: string): string[] {
    return String(this.extensions.attribute(element, name) ?? '').split(/\s+/).filter((word) => word !== '');
  }

  /** User tasks from which a way leads to this one. */
  private before(element: Shape): Option[] {
    const seen = new Set<Shape>();
    const open = [element];
    for (let at = open.pop(); at; at = open.pop()) {
      const attached = at.businessObject.get('attachedToRef') as { id: string } | undefined;
      const hosts = attached ? this.elements.filter((one) => one.id === attached.id) : [];
      for (const from of [...at.incoming.map((flow) => flow.source), ...hosts]) {
        if (from && !seen.has(from)) {
          seen.add(from);
          open.push(from);
        }
      }
    }
    return [...seen].filter((one) => one !== element && one.type === 'bpmn:UserTask').map((one) => ({ value: one.id, label: one.businessObject.name ?? one.id })).reverse();
  }
}

interface CandidatesProps {
  element: Shape;
  id: string;
  context: Context;
  role: string;
  org: string;
  single?: boolean;
  read: (element: Shape) => string | undefined;
  write: (element: Shape, value: string | undefined) => void;
}

/** Role and organisation, one pair or several; a whole list of the package's; or an expression that is shown as it is. */
function Candidates({ element, id, context, role, org, single, read, write }: CandidatesProps): ComponentChildren {
  const value = read(element);
  const [typed, setTyped] = useState<Shape | null>(null);
  const found = readCandidates(value);
  const preset = context.candidates.find((one) => value === `=${one.expression}`);
  const roles: Option[] = context.roles.map(({ code, label, at }) => ({ value: code, label: at ? `${label}（${at}）` : label }));
  const lists = context.candidates.map(({ expression, label }) => ({ value: `=${expression}`, label }));
  const choose = (list: Candidate[], index: number, chosen: string) => {
    setTyped(chosen === OTHER ? element : null);
    if (chosen === OTHER) return;
    if (chosen === '') write(element, writeCandidates(list.filter((_, at) => at !== index)));
    else if (chosen.startsWith('=')) write(element, chosen);
    else {
      const usual = context.roles.find((one) => one.code === chosen)?.org;
      const made: Candidate = { code: chosen, role: '', org: usual ?? list[index]?.org ?? context.organisations[0]?.expression ?? 'org' };
      write(element, writeCandidates([...list.slice(0, index), made, ...list.slice(index + 1)]));
    }
  };
  const isTyped = typed === element || (found === null && !preset);
  const list = isTyped || preset ? [] : (found ?? []);
  const rows = list.length ? list : [null];
  const orgs: Option[] = context.organisations.filter(({ expression }) => list.length <= 1 || !isEach(expression)).map(({ expression, label }) => ({ value: expression, label }));
  return <div class="banli-pairs">
    {rows.map((one, index) => {
      const suffix = index ? `-${index}` : '';
      const others = index || single ? [] : lists;
      const shown = isTyped ? OTHER : preset ? `=${preset.expression}` : (one?.code ?? (one ? one.role : ''));
      const options = [...withPresent([...roles, ...others], one && one.code === null ? one.role : undefined, index ? { value: '', label: t('（去掉这一类）') } : { value: '', label: t('（未指定）') }), ...(index ? [] : [{ value: OTHER, label: t('用表达式写明…') }])];
      return <div class="banli-pair" key={index}>
        <Pick id={`${id}-role${suffix}`} label={index ? t('{label}（第{n}类）', { label: role, n: index + 1 }) : role} element={element} options={options} none={null} read={() => shown} write={(_, chosen) => choose(list, index, chosen)} />
        {one ? <Pick id={`${id}-org${suffix}`} label={org} element={element} none={null} options={orgs.some((o) => o.value === one.org) ? orgs : [...orgs, { value: one.org, label: one.org }]} read={() => one.org}
          write={(_, chosen) => write(element, writeCandidates(list.map((each, at) => (at === index ? { ...each, org: chosen } : each))))} /> : null}
      </div>;
    })}
    {isTyped ? <Feel id={`${id}-expression`} label={t('{label}的表达式', { label: role })} element={element} feel="required" help={t('role("角色", 单位)，或其列表')} read={() => value} write={(_, written) => write(element, written)} /> : null}
    {list.length && !single && !list.some((one) => isEach(one.org)) ? <button type="button" class="banli-more" onClick={() => write(element, writeCandidates([...list, { ...(list[0] as Candidate), code: context.roles.find((r) => !list.some((o) => o.code === r.code))?.code ?? context.roles[0]?.code ?? null }]))}>{t('＋ 再加一类办理人')}</button> : null}
  </div>;
}

function Due({ element, id, context, extensions }: { element: Shape; id: string; context: Context; extensions: Extensions }): ComponentChildren {
  const value = extensions.read(element, 'zeebe:TaskSchedule', 'dueDate');
  const [typed, setTyped] = useState<Shape | null>(null);
  const deadline: Deadline = typed === element ? { kind: 'other', expression: value ?? '' } : readDeadline(value);
  const write = (made: Deadline) => extensions.write(element, 'zeebe:TaskSchedule', { dueDate: writeDeadline(made) });
  const integers = parametersOf(context, 'integer');
  const dates = parametersOf(context, 'date');
  const here = (extensions.attribute(element, 'stage') ?? processOf(element)?.get('banli:stage')) as string | undefined;
  const made: Record<string, () => Deadline> = {
    none: () => ({ kind: 'none' }),
    days: () => ({ kind: 'days', days: DEFAULT_DAYS }),
    parameter: () => ({ kind: 'parameter', path: integers.find((one) => one.value.includes('days'))?.value ?? integers[0]?.value ?? '' }),
    stage: () => ({ kind: 'stage', stage: here ?? context.stages[0]?.id ?? '' }),
    date: () => ({ kind: 'date', path: dates[0]?.value ?? '' }),
  };
  const kinds: Option[] = [
    { value: 'none', label: t('不限期') }, { value: 'days', label: t('若干个工作日内') },
    ...(integers.length ? [{ value: 'parameter', label: t('方案规定的工作日数') }] : []),
    ...(context.stages.length ? [{ value: 'stage', label: t('阶段结束前') }] : []),
    ...(dates.length ? [{ value: 'date', label: t('方案规定的日期前') }] : []),
    { value: 'other', label: t('用表达式写明…') },
  ];
  return <div class="banli-pair">
    <Pick id={`${id}-kind`} label={t('期限')} element={element} none={null} options={kinds} read={() => deadline.kind} write={(_, chosen) => {
      setTyped(chosen === 'other' ? element : null);
      const next = made[chosen]?.();
      if (next) write(next);
    }} />
    {deadline.kind === 'days' ? <Count id={`${id}-days`} label={t('几个工作日内')} element={element} min={1} max={250} read={() => deadline.days} write={(_, days) => write({ kind: 'days', days })} /> : null}
    {deadline.kind === 'stage' ? <Pick id={`${id}-stage`} label={t('哪个阶段结束前')} element={element} none={null} options={withPresent(context.stages.map((one) => ({ value: one.id, label: one.name })), deadline.stage).slice(1)} read={() => deadline.stage} write={(_, stage) => write({ kind: 'stage', stage })} /> : null}
    {deadline.kind === 'parameter' ? <Pick id={`${id}-parameter`} label={t('方案的哪一项')} element={element} none={null} options={withPresent(integers, deadline.path).slice(1)} read={() => deadline.path} write={(_, path) => write({ kind: 'parameter', path })} /> : null}
    {deadline.kind === 'date' ? <Pick id={`${id}-date`} label={t('方案的哪个日期')} element={element} none={null} options={withPresent(dates, deadline.path).slice(1)} read={() => deadline.path} write={(_, path) => write({ kind: 'date', path })} /> : null}
    {deadline.kind === 'other' ? <Feel id={`${id}-expression`} label={t('期限的表达式')} element={element} feel="required" help={t('得出截止时刻，如 cutoff(contest_plan.on)')} read={() => value} write={(_, written) => extensions.write(element, 'zeebe:TaskSchedule', { dueDate: written })} /> : null}
  </div>;
}

function parametersOf(context: Context, type: string): Option[] {
  return context.parameters.filter((one) => one.type === type && !one.list).map(({ path, label }) => ({ value: path, label }));
}
