// Shows a BPMN diagram and where an instance stands in it; reads only, edits nothing.
//
//   <div data-diagram data-xml-url="…" data-state-url="…" data-label="流程图：县区初选">what is shown without JavaScript</div>
//
// data-xml-url    BPMN 2.0 XML with layout
// data-state-url  JSON DiagramState, optional; a later state may be shown by dispatching CustomEvent('diagram:state', {detail: state}) on the element
// data-fit        "width" (default) or "natural" (one diagram unit is one pixel: for pictures and print)
// When done the element has data-ready="ok" or "failed" and data-warnings (JSON list of what bpmn-moddle complained about).
import { Drawing } from './drawing';
import { askJson, askText, island } from './page';
import { type DiagramState, showState } from './state';
import { t } from './words';

async function show(place: HTMLElement): Promise<void> {
  const { xmlUrl = '', stateUrl, label = t('流程图'), fit } = place.dataset;
  const [xml, state] = await Promise.all([askText(xmlUrl), stateUrl ? askJson<DiagramState>(stateUrl) : {}]);
  place.replaceChildren();
  const drawing = await Drawing.open(place, xml, { label, fit });
  place.dataset.warnings = JSON.stringify(drawing.warnings);
  showState(drawing, state);
  place.addEventListener('diagram:state', (event) => showState(drawing, (event as CustomEvent<DiagramState>).detail));
}

island('diagram', t('流程图'), show);
