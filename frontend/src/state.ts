// Where an instance stands, as marks on its drawing and as words; knows nothing of where the state came from.
import './state.css';
import type { Drawing } from './drawing';
import { t } from './words';

/** All keys are element ids of the diagram; ids that the diagram does not have are left out. */
export interface DiagramState {
  /** elements that hold a token now */
  active?: string[];
  /** elements that were left, with how often they were entered */
  passed?: Record<string, number>;
  /** sequence flows that were taken */
  taken?: string[];
  /** elements with an incident, with its sentence */
  incidents?: Record<string, string>;
}

const BADGE_AT: Record<string, Record<string, number>> = { active: { top: -11, left: 6 }, incident: { top: -11, left: -30 }, passed: { top: -9, right: 14 } };

export function showState(drawing: Drawing, state: DiagramState): void {
  const passed = state.passed ?? {};
  const incidents = state.incidents ?? {};
  const sign = (id: string, kind: string, words: string, title: string) => {
    drawing.mark(id, `banli-${kind}`);
    drawing.badge(id, kind, words, title, BADGE_AT[kind] ?? {});
  };
  drawing.clear();
  for (const id of drawing.known(Object.keys(passed))) sign(id, 'passed', String(passed[id]), t('办理过 {times} 次', { times: passed[id] ?? 0 }));
  for (const id of drawing.known(state.taken ?? [])) drawing.mark(id, 'banli-taken');
  for (const id of drawing.known(state.active ?? [])) sign(id, 'active', t('当前'), t('正在这一步'));
  for (const id of drawing.known(Object.keys(incidents))) sign(id, 'incident', t('异常'), incidents[id] ?? '');
  drawing.describe([
    ...drawing.known(state.active ?? []).map((id) => t('当前：{name}', { name: drawing.name(id) })),
    ...drawing.known(Object.keys(incidents)).map((id) => t('异常：{name}，{sentence}', { name: drawing.name(id), sentence: incidents[id] ?? '' })),
    ...drawing.known(Object.keys(passed)).map((id) => t('办理过：{name}（{times} 次）', { name: drawing.name(id), times: passed[id] ?? 0 })),
  ]);
  const first = drawing.known(state.active ?? [])[0];
  if (first && drawing.isSmall() && !drawing.isInSight(first)) drawing.centre(first);
}
