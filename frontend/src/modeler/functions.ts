// Functions and names in the shape that the FEEL editor takes.
import type { Context } from './context';

/** As the FEEL editor takes them. */
export interface Variable {
  name: string;
  info?: string;
  detail?: string;
  isList?: boolean | 'optional';
  type?: 'function' | 'variable';
  params?: { name: string }[];
  entries?: Variable[];
}

export function functions(context: Context): Variable[] {
  return context.functions.map(({ name, params, info }) => ({ name, type: 'function' as const, params: params.map((one) => ({ name: one })), ...(info ? { info } : {}) }));
}

