// The names that FEEL fields complete: the scheme, what forms and operations give, what comes from outside, our functions. Proposes only; the checker judges.
import { getVariablesForElement } from '@bpmn-io/extract-process-variables/zeebe';
import { t } from '../words';
import { type Context, type Name, schemeName } from './context';
import type { Variable } from './functions';
import { Extensions, type Moddle, processAround, processOf, type Shape } from './extensions';

interface Extracted { name: string; origin?: Moddle[]; entries?: Extracted[]; isList?: boolean }
interface Registry { filter(keep: (element: Shape) => boolean): Shape[] }

const TYPES: Record<string, string> = {
  text: '文字', code: '代码', integer: '整数', decimal: '数字', date: '日期', time: '时刻', boolean: '是/否', choice: '选项', role: '角色', organisation: '机构', duration: '时长', codes: '代码表', records: '列表', record: '一组', stages: '阶段表',
};
/** What the engine itself puts into scope. */
const GIVEN: [string, string][] = [
  ['outcome', '办理结果（如 pass、return）'], ['opinion', '办理意见'], ['completed_by', '办理人'],
];
const IN_LOOPS: [string, string][] = [
  ['loopCounter', '第几个'], ['numberOfInstances', '共几个'], ['numberOfCompletedInstances', '已办结几个'], ['numberOfActiveInstances', '在办几个'], ['numberOfTerminatedInstances', '被终止几个'],
];

export class Names {
  static readonly $inject = ['config.banliContext', 'elementRegistry', 'banliExtensions'];

  constructor(private readonly context: Context, private readonly elements: Registry, private readonly extensions: Extensions) {}

  /** The panel asks this for every FEEL field (it looks for a service called variableResolver); what it gives besides `bo` is not always an element. */
  async getVariablesForElement(bo: Moddle): Promise<Variable[]> {
    const found = new Map<string, Variable>();
    const add = (one: Variable) => {
      const known = found.get(one.name);
      if (!known) found.set(one.name, one);
      else if (!known.entries && one.entries) known.entries = one.entries;
    };
    add(variable(schemeName(this.context)));
    const process = processAround(bo);
    for (const one of [...(this.context.variables[process?.id ?? ''] ?? []), ...(this.context.variables[''] ?? [])]) add(variable(one));
    for (const one of this.written(process)) add(one);
    for (const one of (await getVariablesForElement(bo)) as Extracted[]) add({ name: one.name, info: origin(one), ...(one.entries ? { entries: one.entries.map((entry) => ({ name: entry.name })) } : {}) });
    const given = bo.get('loopCharacteristics') || bo.$type === 'bpmn:MultiInstanceLoopCharacteristics' ? [...GIVEN, ...IN_LOOPS] : GIVEN;
    for (const [name, label] of given) add({ name, detail: t(label) });
    return [...found.values()];
  }

  /** What user tasks and operations of the process give when they are done without output mappings; with them, the mappings' targets are found by the extractor. */
  private *written(process: Moddle | null): Generator<Variable> {
    const tasks = this.elements.filter((element) => !element.labelTarget && ['bpmn:UserTask', 'bpmn:ServiceTask', 'bpmn:SendTask'].includes(element.type) && processOf(element) === process);
    for (const task of tasks) {
      if (((this.extensions.find(task, 'zeebe:IoMapping')?.get('outputParameters') as Moddle[] | undefined) ?? []).length) continue;
      const info = t('由“{name}”写入', { name: task.businessObject.name ?? task.id });
      const form = this.context.forms.find((one) => one.id === this.extensions.read(task, 'zeebe:FormDefinition', 'formId'));
      for (const answer of form?.answers ?? []) yield { ...variable(answer), info };
      const operation = this.context.operations.find((one) => one.name === this.extensions.read(task, 'zeebe:TaskDefinition', 'type'));
      for (const name of operation?.results ?? []) yield { name, info };
    }
  }
}

function variable(given: Name): Variable {
  return { name: given.name, isList: given.list ? 'optional' : false, ...(given.label ? { detail: given.label } : {}), ...(given.type ? { info: t(TYPES[given.type] ?? given.type) } : {}), ...(given.entries ? { entries: given.entries.map(variable) } : {}) };
}

function origin(one: Extracted): string {
  const names = (one.origin ?? []).map((writer) => writer.name ?? writer.id).filter((name): name is string => Boolean(name));
  return names.length ? t('由“{name}”写入', { name: names.join('”“') }) : '';
}
