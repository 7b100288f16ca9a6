// The properties panel as clerks see it: findings, 办理设置, a few plain groups; everything else of the stock panel folded under 高级.
import { FeelLanguageContext, Group } from '@bpmn-io/properties-panel';
import type { ComponentChildren } from '@bpmn-io/properties-panel/preact';
import type { Finding } from '../findings';
import { t } from '../words';
import type { Context } from './context';
import type { Shape } from './extensions';
import { functions } from './functions';
import type { Handling } from './handling';

type Component = (props: Record<string, unknown>) => ComponentChildren;
interface GroupDefinition {
  id: string;
  label: string;
  component: Component;
  shouldOpen?: boolean;
  [more: string]: unknown;
}
interface Panel { registerProvider(priority: number, provider: object): void }
interface Marks { of(id: string): Finding[] }

/** Always in sight: name and id, remarks, and what a line or an event cannot do without. */
const PLAIN = new Set(['general', 'documentation', 'condition', 'timer']);
/** Written by 办理设置 in the only way that this system executes, or not executed at all. */
const LEFT_OUT = new Set(['form', 'userTaskImplementation', 'businessRuleImplementation', 'scriptImplementation', 'adHocSubProcessImplementation', 'activeElements', 'Zeebe__ExecutionListeners', 'Zeebe__TaskListeners']);

export class PanelProvider {
  static readonly $inject = ['propertiesPanel', 'banliHandling', 'banliMarks', 'config.banliContext'];
  private readonly language: object;

  constructor(panel: Panel, private readonly handling: Handling, private readonly marks: Marks, context: Context) {
    // No dialect of another product, and our functions instead of its own.
    this.language = { builtins: functions(context) };
    panel.registerProvider(100, this); // after the stock ones, whose groups it arranges
  }

  getGroups(element: Shape): (groups: GroupDefinition[]) => GroupDefinition[] {
    return (groups) => {
      const stock = groups.filter((group) => !LEFT_OUT.has(group.id));
      const named = stock.filter((group) => group.id === 'general');
      const plain = stock.filter((group) => PLAIN.has(group.id) && group.id !== 'general');
      const advanced = stock.filter((group) => !PLAIN.has(group.id));
      const entries = this.handling.entries(element);
      const found = this.marks.of(element.id);
      const arranged: GroupDefinition[] = [
        ...(found.length ? [{ id: 'banli-findings', label: t('检查结果'), component: FoundHere, found }] : []),
        ...named.map((group) => ({ ...group, shouldOpen: true })),
        ...(entries.length ? [{ id: 'banli', label: t('办理设置'), shouldOpen: true, component: Group, entries }] : []),
        ...plain.map((group) => ({ ...group, shouldOpen: group.id !== 'documentation' })),
        ...(advanced.length ? [{ id: 'banli-advanced', label: t('高级'), component: Group, entries: [{ id: 'banli-advanced-groups', component: Nested, groups: advanced }] }] : []),
      ];
      return arranged.map((group) => ({ ...group, component: InLanguage, inner: group.component, language: this.language }));
    };
  }
}

// Components stand here, once: one made afresh on every render would lose the focus of the fields inside.

function InLanguage(props: Record<string, unknown>): ComponentChildren {
  const Inner = props.inner as Component;
  return <FeelLanguageContext.Provider value={props.language}><Inner {...props} /></FeelLanguageContext.Provider>;
}

function Nested({ groups, element }: Record<string, unknown>): ComponentChildren {
  return <div class="banli-nested">{(groups as GroupDefinition[]).map((group) => <group.component {...group} key={group.id} element={element} />)}</div>;
}

function FoundHere({ found }: Record<string, unknown>): ComponentChildren {
  return <ul class="banli-found">{(found as Finding[]).map((one, index) => <li key={index} class={`finding finding-${one.severity}`}>{one.message}</li>)}</ul>;
}
