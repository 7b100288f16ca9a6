// Who may do a task, between the pick lists and the expression; reads and writes only these forms:
//   =role("code", org)      =[role("code", org), …]      =for b in list return role("code", b.org), whose organisation is written here "b.org for b in list"

export interface Candidate {
  /** role code; null when the expression computes it */
  code: string | null;
  /** the role as it is written when `code` is null */
  role: string;
  /** FEEL expression of the organisation; or "b.org for b in list" */
  org: string;
}

const EACH = /^(.+) for (\w+) in ([\w.]+)$/;

export function isEach(org: string): boolean {
  return EACH.test(org);
}

/** The candidates that an expression names, or null when it is no plain list of role(…). */
export function readCandidates(value: string | undefined): Candidate[] | null {
  const text = value?.trim() ?? '';
  if (text === '') return [];
  if (!text.startsWith('=')) return null;
  const inner = text.slice(1).trim();
  const each = /^for\s+(\w+)\s+in\s+([\w.]+)\s+return\s+(.*)$/s.exec(inner);
  if (each) {
    const [, name = '', list = '', body = ''] = each;
    const one = candidate(body);
    return one && [{ ...one, org: `${one.org} for ${name} in ${list}` }];
  }
  const parts = inner.startsWith('[') && closes(inner, 0) === inner.length - 1 ? split(inner.slice(1, -1)) : [inner];
  const found = parts.map(candidate);
  return found.every((one) => one !== null) ? found : null;
}

export function writeCandidates(candidates: Candidate[]): string | undefined {
  const written = ({ code, role }: Candidate, org: string) => `role(${code === null ? role : JSON.stringify(code)}, ${org})`;
  const [first] = candidates;
  if (!first) return undefined;
  const each = EACH.exec(first.org);
  if (each) return `=for ${each[2]} in ${each[3]} return ${written(first, each[1] ?? '')}`; // no list of lists: the others go
  const parts = candidates.filter(({ org }) => !isEach(org)).map((one) => written(one, one.org));
  return parts.length === 1 ? `=${parts[0]}` : `=[${parts.join(', ')}]`;
}

function candidate(text: string): Candidate | null {
  const call = /^role\s*\(/.exec(text);
  if (!call || closes(text, call[0].length - 1) !== text.length - 1) return null;
  const [role, org, ...more] = split(text.slice(call[0].length, -1));
  if (role === undefined || org === undefined || more.length) return null;
  const code = /^"([^"\\]+)"$/.exec(role)?.[1];
  return code === undefined ? { code: null, role, org } : { code, role, org };
}

/** The parts between top-level commas. */
export function split(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  scan(text, (at, depth) => {
    if (depth === 0 && text[at] === ',') {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  });
  return [...parts, text.slice(start).trim()].filter((part) => part !== '');
}

/** Where the bracket at `from` closes; -1 when it does not. */
function closes(text: string, from: number): number {
  let end = -1;
  scan(text.slice(from), (at, depth) => {
    if (end < 0 && depth === 0 && ')]}'.includes(text[from + at] ?? '')) end = from + at;
  });
  return end;
}

/** Visits every character outside of strings, with the depth of brackets after it (closing) or before it (others). */
function scan(text: string, visit: (at: number, depth: number) => void): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quoted) {
      if (char === '\\') at++;
      else if (char === '"') quoted = false;
      continue;
    }
    if (char === '"') quoted = true;
    else if (')]}'.includes(char)) visit(at, --depth);
    else {
      visit(at, depth);
      if ('([{'.includes(char)) depth++;
    }
  }
}
