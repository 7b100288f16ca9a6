// The Chinese words of the modeler's parts; the build puts this in place of the panel's English fallback (plugins.mjs).
import bpmn from './locale/bpmn-js.zh-CN.json';
import panel from './locale/properties-panel.zh-CN.json';
import { translator } from './translator';

export const translate = translator({ ...panel, ...bpmn });
