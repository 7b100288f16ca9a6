// Fields of the panel in our own shape: a pick list, a text, a tick, several ticks, a FEEL expression; each knows how to read and to write, and no meaning.
import { CheckboxEntry, FeelEntry, isCheckboxEntryEdited, isFeelEntryEdited, isSelectEntryEdited, isTextFieldEntryEdited, NumberFieldEntry, SelectEntry, TextFieldEntry } from '@bpmn-io/properties-panel';
import { useEffect, useState } from '@bpmn-io/properties-panel/preact/hooks';
import { useService } from 'bpmn-js-properties-panel';
import type { ComponentChildren } from '@bpmn-io/properties-panel/preact';
import { t } from '../words';
import { carrier, type Shape } from './extensions';

export interface Option { value: string; label: string }
export interface Entry {
  id: string;
  component: (props: { element: Shape; id: string }) => ComponentChildren;
  isEdited?: (node: unknown) => boolean;
}
interface Field<Value> {
  id: string;
  label: string;
  read: (element: Shape) => Value;
  write: (element: Shape, value: Value) => void;
  help?: string;
}

function unset(): Option {
  return { value: '', label: t('（未指定）') };
}

/** A value that the list does not offer stays to be seen, as itself. */
export function withPresent(options: Option[], value: string | undefined, none: Option = unset()): Option[] {
  const listed = [none, ...options];
  return value && !options.some((option) => option.value === value) ? [...listed, { value, label: value }] : listed;
}

export function Pick(props: Field<string> & { element: Shape; options: Option[]; none?: Option | null }): ComponentChildren {
  const { element, id, label, help, options, none } = props;
  const value = props.read(element);
  return <SelectEntry id={id} element={element} label={label} description={help} getValue={() => value}
    setValue={(chosen: string) => props.write(element, chosen)} getOptions={() => (none === null ? options : withPresent(options, value, none))} />;
}

export function pick(field: Field<string> & { options: Option[] | ((element: Shape) => Option[]); none?: Option }): Entry {
  const { id, options } = field;
  return { id, isEdited: isSelectEntryEdited, component: ({ element }) => <Pick {...field} element={element} options={typeof options === 'function' ? options(element) : options} /> };
}

export function Text(props: Field<string> & { element: Shape; check?: (value: string) => string | null }): ComponentChildren {
  const debounce = useService('debounceInput');
  const { element, id, label, help } = props;
  return <TextFieldEntry id={id} element={element} label={label} description={help} debounce={debounce} getValue={() => props.read(element)}
    setValue={(value: string | undefined) => props.write(element, value ?? '')} validate={(value: string | undefined) => (value && props.check ? props.check(value) : null)} />;
}

export function text(field: Field<string> & { check?: (value: string) => string | null }): Entry {
  return { id: field.id, isEdited: isTextFieldEntryEdited, component: ({ element }) => <Text {...field} element={element} /> };
}

export function Count(props: Field<number> & { element: Shape; min: number; max: number }): ComponentChildren {
  const debounce = useService('debounceInput');
  const { element, id, label, min, max } = props;
  return <NumberFieldEntry id={id} element={element} label={label} min={min} max={max} step={1} debounce={debounce} getValue={() => props.read(element)}
    setValue={(value: number | undefined) => value !== undefined && Number.isInteger(value) && value >= min && value <= max && props.write(element, value)} />;
}

export function tick(field: Field<boolean>): Entry {
  const { id, label, help, read, write } = field;
  return { id, isEdited: isCheckboxEntryEdited, component: ({ element }) => <CheckboxEntry id={id} element={element} label={label} description={help} getValue={() => read(element)} setValue={(value: boolean) => write(element, value)} /> };
}

export function Ticks(props: Field<string[]> & { element: Shape; options: Option[]; nothing?: string }): ComponentChildren {
  const { element, id, label, help, options, nothing } = props;
  const chosen = props.read(element);
  const all = [...options, ...chosen.filter((value) => !options.some((option) => option.value === value)).map((value) => ({ value, label: value }))];
  const toggle = (value: string, on: boolean) => props.write(element, all.map((option) => option.value).filter((one) => (one === value ? on : chosen.includes(one))));
  return <fieldset class="banli-ticks bio-properties-panel-entry" data-entry-id={id}>
    <legend class="bio-properties-panel-label">{label}</legend>
    {all.length === 0 && nothing ? <div class="bio-properties-panel-description">{nothing}</div> : null}
    <div class="banli-ticks-row">
      {all.map(({ value, label: words }) => <label key={value}><input type="checkbox" class="bio-properties-panel-input" name={`${id}-${value}`} checked={chosen.includes(value)}
        onChange={(event) => toggle(value, (event.target as HTMLInputElement).checked)} /> {words}</label>)}
    </div>
    {help ? <div class="bio-properties-panel-description">{help}</div> : null}
  </fieldset>;
}

export function ticks(field: Field<string[]> & { options: Option[] | ((element: Shape) => Option[]); nothing?: string }): Entry {
  const { id, options, read } = field;
  return { id, isEdited: (node) => node !== null && read !== undefined && Boolean((node as HTMLInputElement | undefined)?.checked), component: ({ element }) => <Ticks {...field} element={element} options={typeof options === 'function' ? options(element) : options} /> };
}

/** A field that completes the names of the scheme and of the scope. `feel`: "required" (always an expression) or "optional" (a text, or an expression after =). */
export function Feel(props: Field<string | undefined> & { element: Shape; feel: 'required' | 'optional' }): ComponentChildren {
  const debounce = useService('debounceInput');
  const names = useService('variableResolver');
  const events = useService('eventBus');
  const [variables, setVariables] = useState<unknown[]>([]);
  const { element, id, label, help, feel } = props;
  useEffect(() => {
    let current = true;
    const ask = () => void names.getVariablesForElement(carrier(element)).then((found: unknown[]) => current && setVariables(found));
    ask();
    events.on('commandStack.changed', ask);
    return () => {
      current = false;
      events.off('commandStack.changed', ask);
    };
  }, [element]);
  return <FeelEntry id={id} element={element} label={label} description={help} feel={feel} debounce={debounce} variables={variables}
    getValue={() => props.read(element)} setValue={(value: string | undefined) => props.write(element, value)} />;
}

export function feel(field: Field<string | undefined> & { feel: 'required' | 'optional' }): Entry {
  return { id: field.id, isEdited: isFeelEntryEdited, component: ({ element }) => <Feel {...field} element={element} /> };
}
