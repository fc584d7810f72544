{{- define "flexledger.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "flexledger.labels" -}}
app.kubernetes.io/name: flexledger
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "flexledger.selector" -}}
app.kubernetes.io/name: flexledger
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
