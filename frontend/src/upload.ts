// Makes a file field resumable: the file goes up piece by piece (tus 1.0) before the form is sent. Without it the plain multipart form works.
//
//   <input type="file" name="video" data-upload="/uploads" data-max-bytes="524288000" data-meta='{"task": "t4"}'>
//
// data-upload     address that creates tus uploads; their own addresses end in the upload's id
// data-max-bytes  whole bytes, optional; the server checks again
// data-meta       JSON object of strings, sent as Upload-Metadata beside filename, filetype and field (the input's name)
// The form's hidden field csrf_token goes along as the header X-CSRF-Token. A refusal may carry {"message": "…"}, which is shown.
// Afterwards the form holds, instead of the file, one hidden field NAME.upload with the id for every finished file.
import { DetailedError, Upload } from 'tus-js-client';
import { button } from './page';
import { t } from './words';

const PIECE = 16 * 1024 * 1024;
const WAITS = [0, 1000, 3000, 5000, 10000, 20000, 30000, 60000, 60000, 60000]; // four minutes: a server that is started anew is back by then
const REFUSALS: Record<number, string> = {
  401: '登录已失效，请重新登录后再选择这个文件，会从断开处继续',
  403: '没有权限上传到这里，或页面已过期，请刷新页面后重试',
  404: '上传记录已不存在，请重新选择文件',
  413: '文件超过允许的大小，请压缩后再传',
  415: '不接受这种文件，请按字段说明选择',
};

class UploadField {
  private readonly list = document.createElement('ul');
  private readonly items = new Set<UploadItem>();
  private readonly name: string;
  private readonly required: boolean;
  private waiting: HTMLElement | null | undefined;

  constructor(private readonly input: HTMLInputElement) {
    this.name = input.name;
    this.required = input.required;
    this.list.className = 'upload-list';
    input.after(this.list);
    input.addEventListener('change', () => this.take([...(input.files ?? [])]));
    input.form?.addEventListener('submit', (event) => this.hold(event));
    window.addEventListener('beforeunload', (event) => {
      if (this.unfinished()) event.preventDefault();
    });
    if (input.files?.length) this.take([...input.files]); // chosen before this script had arrived
  }

  private take(files: File[]): void {
    if (!files.length) return; // the choosing of what this script has taken already, told late
    if (!this.input.multiple) this.items.forEach((item) => item.remove());
    for (const file of files) this.items.add(new UploadItem(file, this.list, this));
    this.input.required = false;
    this.input.value = ''; // what is uploaded here must not go along with the form a second time
  }

  get settings() {
    const { upload = '', maxBytes, meta = '{}' } = this.input.dataset;
    const token = this.input.form?.querySelector<HTMLInputElement>('input[name=csrf_token]')?.value;
    return { endpoint: upload, most: maxBytes ? Number(maxBytes) : Infinity, meta: { ...JSON.parse(meta), field: this.name } as Record<string, string>, token };
  }

  get hiddenName(): string {
    return `${this.name}.upload`;
  }

  /** A form sent too early waits for its files and then goes by itself. */
  private hold(event: SubmitEvent): void {
    if (!this.unfinished()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.waiting = event.submitter;
    this.items.forEach((item) => item.promise());
  }

  settled(): void {
    this.input.required = this.required && this.items.size === 0;
    if (this.waiting === undefined || this.unfinished()) return;
    const submitter = this.waiting;
    this.waiting = undefined;
    this.input.form?.requestSubmit(submitter as HTMLElement | null);
  }

  removed(item: UploadItem): void {
    this.items.delete(item);
    this.settled();
  }

  private unfinished(): boolean {
    return [...this.items].some((item) => item.running);
  }
}

class UploadItem {
  running = false;
  private readonly row = document.createElement('li');
  private readonly figure = document.createElement('span');
  private readonly spoken = document.createElement('span');
  private readonly bar = document.createElement('progress');
  private readonly pause = button(t('暂停'), () => this.toggle());
  private readonly hidden = document.createElement('input');
  private readonly upload: Upload;
  private quarter = 0;
  private promised = false; // the form was sent and waits

  constructor(private readonly file: File, list: HTMLElement, private readonly field: UploadField) {
    const { endpoint, most, meta, token } = field.settings;
    const title = document.createElement('span');
    title.className = 'upload-name';
    title.textContent = file.name;
    this.figure.className = 'upload-figure';
    this.spoken.className = 'visually-hidden';
    this.spoken.setAttribute('role', 'status');
    this.bar.max = file.size || 1;
    this.bar.setAttribute('aria-label', t('{name} 的上传进度', { name: file.name }));
    this.row.append(title, this.bar, this.figure, this.spoken, this.pause, button(t('移除'), () => this.remove()), ...preview(file));
    list.append(this.row);
    this.upload = new Upload(file, {
      endpoint, chunkSize: PIECE, retryDelays: WAITS, removeFingerprintOnSuccess: true,
      headers: token ? { 'X-CSRF-Token': token } : {},
      metadata: { ...meta, filename: file.name, filetype: file.type },
      onProgress: (sent, total) => this.progress(sent, total),
      onShouldRetry: (error, attempt) => this.retry(error, attempt),
      onError: (error) => this.failed(error),
      onSuccess: () => this.finished(),
    });
    if (file.size > most) this.say(t('文件 {size} MB，超过 {most} MB 的上限，请压缩后再传', { size: megabytes(file.size), most: megabytes(most) }), 'failed');
    else void this.start();
  }

  /** Goes on with an earlier upload of the same file, also after the page was left. */
  private async start(): Promise<void> {
    this.running = true;
    this.say(t('正在准备上传'), 'running');
    const earlier = (await this.upload.findPreviousUploads())[0];
    if (earlier) this.upload.resumeFromPreviousUpload(earlier);
    this.upload.start();
  }

  private toggle(): void {
    this.running = !this.running;
    this.pause.textContent = this.running ? t('暂停') : t('继续');
    if (this.running) void this.start();
    else void this.upload.abort().then(() => this.say(t('已暂停'), 'paused'));
  }

  private progress(sent: number, total: number): void {
    this.bar.value = sent;
    const words = t('已上传 {sent}/{total} MB', { sent: megabytes(sent), total: megabytes(total) });
    this.figure.textContent = this.promised ? promising(words) : words;
    const quarter = Math.floor((4 * sent) / total);
    if (quarter === this.quarter) return; // a screen reader hears four messages, not four hundred
    this.quarter = quarter;
    this.spoken.textContent = `${this.file.name}：${this.figure.textContent}`;
  }

  private retry(error: DetailedError, attempt: number): boolean {
    const status = error.originalResponse?.getStatus() ?? 0;
    const again = status === 0 || status >= 500 || status === 409 || status === 423;
    if (again) this.figure.textContent = t('网络中断，正在第 {attempt} 次重试', { attempt: attempt + 1 });
    return again;
  }

  private failed(error: Error | DetailedError): void {
    const answer = 'originalResponse' in error ? error.originalResponse : null;
    const words = answer ? refusal(answer.getStatus(), answer.getBody()) : t('网络不通，请检查后按「继续」，会从断开处接着传');
    this.running = false;
    this.pause.textContent = t('继续');
    this.pause.hidden = false;
    this.say(words, 'failed');
  }

  private finished(): void {
    this.running = false;
    this.pause.hidden = true;
    this.bar.value = this.bar.max;
    this.hidden.type = 'hidden';
    this.hidden.name = this.field.hiddenName;
    this.hidden.value = this.upload.url?.split('?')[0]?.split('/').pop() ?? '';
    this.row.append(this.hidden);
    this.hidden.dispatchEvent(new Event('banli:uploaded', { bubbles: true })); // the draft has the file from here on
    this.say(t('已上传，{size} MB', { size: megabytes(this.file.size) }), 'done');
    this.field.settled();
  }

  promise(): void {
    if (!this.running || this.promised) return;
    this.promised = true;
    this.spoken.textContent = this.figure.textContent = promising(this.figure.textContent ?? '');
  }

  remove(): void {
    this.running = false;
    void this.upload.abort(true).catch(() => undefined); // a part that stays behind expires on the server
    this.row.remove();
    this.field.removed(this);
  }

  private say(words: string, state: 'running' | 'paused' | 'failed' | 'done'): void {
    this.row.dataset.state = state;
    this.figure.textContent = words;
    this.spoken.textContent = `${this.file.name}：${words}`;
  }
}

function promising(figure: string): string {
  return t('{figure}，传完后自动提交', { figure });
}

/** What the server says ({"message": …}) goes before our own sentence for the status. */
function refusal(status: number, body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // not JSON: a proxy's page, of no use to the reader
  }
  return t(REFUSALS[status] ?? '服务器没有接受这个文件（回答 {status}），请稍后再试', { status });
}

function preview(file: File): HTMLElement[] {
  const kind = file.type.split('/')[0];
  if (kind !== 'image' && kind !== 'video') return [];
  const shown = document.createElement(kind === 'image' ? 'img' : 'video');
  shown.className = 'upload-preview';
  shown.src = URL.createObjectURL(file);
  if (shown instanceof HTMLVideoElement) shown.controls = true;
  else shown.alt = t('{name} 的预览', { name: file.name });
  return [shown];
}

function megabytes(bytes: number): string {
  const size = bytes / 1024 / 1024;
  return size < 10 ? size.toFixed(1) : String(Math.round(size));
}

function begin(): void {
  document.querySelectorAll<HTMLInputElement>('input[type=file][data-upload]:not([data-started])').forEach((input) => {
    input.dataset.started = 'true';
    new UploadField(input);
  });
}

begin();
document.addEventListener('htmx:after:swap', begin); // parts of a page that arrive later
