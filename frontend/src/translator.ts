// The words of bpmn.io's own parts in Chinese: they ask a function called translate for each; what the catalogue does not have is kept in window.missing.
import { isEnglish } from './words';

declare global {
  interface Window { missing: string[] }
}
window.missing ??= [];

export type Translate = (template: string, replacements?: Record<string, unknown>) => string;

export function translator(catalogue: Record<string, string>): Translate {
  return (template, replacements = {}) => {
    const known = isEnglish() ? template : catalogue[template];
    if (known === undefined && !window.missing.includes(template)) window.missing.push(template);
    return (known ?? template).replace(/{([^}]+)}/g, (whole, name: string) => String(replacements[name] ?? whole));
  };
}
